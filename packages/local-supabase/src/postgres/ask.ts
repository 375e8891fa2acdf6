import type { Engine } from './engine.ts';
import { FrameReader } from '../wire/frames.ts';
import { errorFields, query } from '../wire/messages.ts';

/** Runs SQL on an engine that serves nobody else yet. */
export async function askDirectly(engine: Engine, sql: string): Promise<void> {
  const reader = new FrameReader(true);
  let failure: string | undefined;
  await engine.run(query(sql), {
    output: (bytes, taken) => {
      for (const frame of reader.push(bytes)) {
        if (frame.type === 'E') failure ??= errorFields(frame.body).get('M') ?? 'unknown error';
      }
      taken();
    },
  });
  if (failure !== undefined) throw new Error(failure);
}
