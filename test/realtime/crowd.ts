import { once } from 'node:events';
import { get, type IncomingMessage } from 'node:http';
import type { Caller } from '../harness/caller.js';

/** One of many readers: it only counts. */
export interface Listener {
  /** Messages so far. */
  heard: number;
  close(): void;
}

/** Opens an event stream as cheaply as can be, over a connection of its own. */
export async function listen({ url, token, address }: Caller, path: string): Promise<Listener> {
  const headers = { authorization: `Bearer ${token ?? ''}`, 'x-forwarded-for': address };
  const asked = get(`${url}${path}`, { agent: false, headers });
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  if (answer.statusCode !== 200) throw new Error(`No event stream: ${String(answer.statusCode)}`);
  const listener = { heard: 0, close: () => asked.destroy() };
  answer.setEncoding('latin1').on('data', (text: string) => {
    listener.heard += text.split('\ndata: ').length - 1;
  });
  answer.on('error', () => undefined);
  return listener;
}
