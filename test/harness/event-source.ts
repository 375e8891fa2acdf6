import type { Caller } from './caller.js';
import { until } from './until.js';

/** One event of a stream, its data parsed. */
export interface StreamEvent<T = Record<string, unknown>> {
  id: string | undefined;
  name: string;
  data: T;
}

/** Reads an event stream as a browser's EventSource does. */
export class EventSource {
  readonly events: StreamEvent[] = [];
  comments = 0;
  ended = false;
  private text = '';

  private constructor(
    readonly response: Response,
    private readonly abort: AbortController,
  ) {}

  static async open(
    caller: Caller,
    path: string,
    headers: Record<string, string> = {},
  ): Promise<EventSource> {
    const abort = new AbortController();
    const response = await fetch(`${caller.url}${path}`, {
      signal: abort.signal,
      headers: {
        accept: 'text/event-stream',
        'x-forwarded-for': caller.address,
        authorization: `Bearer ${caller.token ?? ''}`,
        ...headers,
      },
    });
    const type = response.headers.get('content-type') ?? '';
    if (response.status !== 200 || !type.startsWith('text/event-stream')) {
      throw new Error(`No event stream: ${String(response.status)} ${await response.text()}`);
    }
    const source = new EventSource(response, abort);
    void source.read();
    return source;
  }

  /** Goes away without a word. */
  close(): void {
    this.abort.abort();
  }

  /** The events, once there are so many. */
  async atLeast(count: number): Promise<StreamEvent[]> {
    await until(() => this.events.length >= count);
    return this.events;
  }

  async end(): Promise<StreamEvent | undefined> {
    await until(() => this.ended, 15_000);
    return this.events.at(-1);
  }

  private async read(): Promise<void> {
    const decoder = new TextDecoder();
    try {
      for await (const chunk of this.response.body ?? []) {
        this.text += decoder.decode(chunk as Uint8Array, { stream: true });
        this.take();
      }
    } catch {
      // Closed, by either side.
    }
    this.ended = true;
  }

  private take(): void {
    const blocks = this.text.split('\n\n');
    this.text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(
        block
          .split('\n')
          .map((line) => [line.slice(0, line.indexOf(': ')), line.slice(line.indexOf(': ') + 2)]),
      );
      if (fields.has('')) this.comments += 1;
      const data = fields.get('data');
      if (data === undefined) continue;
      this.events.push({
        id: fields.get('id'),
        name: fields.get('event') ?? 'message',
        data: JSON.parse(data) as Record<string, unknown>,
      });
    }
  }
}
