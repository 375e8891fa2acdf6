import { Client } from 'pg';

/** The channel of NOTIFY that the triggers of Realtime speak on. */
const CHANNEL = 'supabase_realtime';
const RETRY_MS = { first: 100, most: 5_000 };

/** What happens on the listening connection. */
export interface ListenerEvents {
  notified(payload: string): void;
  /** Listening again after a loss; what was said meanwhile has to be looked up. @param awaySeconds how long */
  resumed(awaySeconds: number): void;
}

/** One connection that only listens. It comes back when it is lost. */
export class DatabaseListener {
  readonly #url: string;
  readonly #events: ListenerEvents;
  #client: Client | undefined;
  #ready: Promise<void> | undefined;
  #retry: NodeJS.Timeout | undefined;
  #closed = false;
  #lostAt: number | undefined;

  constructor(url: string, events: ListenerEvents) {
    this.#url = url;
    this.#events = events;
  }

  /** Connects at the first call; resolves when notifications arrive. */
  ready(): Promise<void> {
    this.#ready ??= this.#connect(RETRY_MS.first);
    return this.#ready;
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearTimeout(this.#retry);
    await this.#client?.end().catch(() => undefined);
  }

  async #connect(delay: number): Promise<void> {
    const client = new Client({ connectionString: this.#url, application_name: 'realtime' });
    // Set before connecting: an error event nobody hears would end the process.
    client.on('error', () => undefined);
    client.on('notification', ({ payload }) => this.#events.notified(payload ?? ''));
    try {
      await client.connect();
      await client.query(`listen ${CHANNEL}`);
    } catch {
      await client.end().catch(() => undefined);
      return this.#tryAgain(delay);
    }
    if (this.#isClosed()) {
      await client.end();
      return;
    }
    client.on('end', () => this.#lost(client));
    this.#client = client;
    if (this.#lostAt !== undefined) {
      this.#events.resumed((Date.now() - this.#lostAt) / 1000);
      this.#lostAt = undefined;
    }
  }

  /** A question, not a value: it may change while something is awaited. */
  #isClosed(): boolean {
    return this.#closed;
  }

  #lost(client: Client): void {
    if (this.#closed || this.#client !== client) return;
    this.#client = undefined;
    this.#lostAt = Date.now();
    this.#ready = this.#connect(RETRY_MS.first);
  }

  async #tryAgain(delay: number): Promise<void> {
    if (this.#closed) return;
    await new Promise<void>((resolve) => {
      this.#retry = setTimeout(resolve, delay);
      this.#retry.unref();
    });
    if (!this.#isClosed()) await this.#connect(Math.min(delay * 2, RETRY_MS.most));
  }
}
