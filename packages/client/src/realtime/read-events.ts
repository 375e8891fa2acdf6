import { createParser, type EventSourceMessage } from 'eventsource-parser';

/** The connection broke, or says nothing any more, not even that it lives. */
export class BrokenStreamError extends Error {
  override name = 'BrokenStreamError';
}

/**
 * The events of a stream, as they come. Ends with it.
 * @param silenceMs - how long it may say nothing, comments included
 * @throws BrokenStreamError when it says nothing for longer, or breaks
 */
export async function* readEvents(
  body: ReadableStream<Uint8Array>,
  silenceMs: number,
): AsyncGenerator<EventSourceMessage> {
  const events: EventSourceMessage[] = [];
  const parser = createParser({ onEvent: (event) => void events.push(event) });
  const decoder = new TextDecoder();
  const reader = body.getReader();
  try {
    for (;;) {
      const { done, value } = await within(reader.read(), silenceMs);
      if (done) return;
      parser.feed(decoder.decode(value, { stream: true }));
      yield* events.splice(0);
    }
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

async function within<T>(work: Promise<T>, milliseconds: number): Promise<T> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const silence = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error('The stream went silent')), milliseconds);
  });
  try {
    return await Promise.race([work, silence]);
  } catch (cause) {
    throw new BrokenStreamError('The stream broke off', { cause });
  } finally {
    clearTimeout(timer);
  }
}
