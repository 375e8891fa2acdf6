import pg from 'pg';

const RETRY_MS = 1000;

/** Calls back whenever anybody notifies a channel, on a connection of its own that is renewed when it breaks. */
export class ChannelWatch {
  private readonly url: string;
  private readonly channel: string;
  private readonly changed: () => void;
  private client: pg.Client | undefined;
  private starting: Promise<void> | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  /** @param changed - also called when something may have been missed */
  constructor(url: string, channel: string, changed: () => void) {
    this.url = url;
    this.channel = channel;
    this.changed = changed;
  }

  /** Starts to listen, unless it does so already. */
  start(): Promise<void> {
    this.starting ??= this.listen().catch((error: unknown) => {
      this.starting = undefined;
      throw error;
    });
    return this.starting;
  }

  /** Waits until everything said before has been heard: Postgres delivers it before it answers anything else. */
  async settle(): Promise<void> {
    await this.client?.query('select 1').catch(() => undefined);
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private async listen(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, application_name: `watch-${this.channel}` });
    this.client = client;
    client.on('notification', () => this.changed());
    client.on('error', () => this.again(client));
    client.on('end', () => this.again(client));
    await client.connect();
    await client.query(`listen ${this.channel}`);
  }

  private again(client: pg.Client): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    this.starting = undefined;
    // What changes meanwhile is not heard of.
    this.changed();
    this.retry = setTimeout(() => {
      this.start().then(this.changed, () => {
        if (this.client) this.again(this.client);
      });
    }, RETRY_MS);
  }
}
