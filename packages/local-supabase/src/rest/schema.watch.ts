import pg from 'pg';

const RETRY_MS = 1000;

/** Calls back whenever anybody says `NOTIFY pgrst`, on a connection of its own that is renewed when it breaks. */
export class SchemaWatch {
  private readonly url: string;
  private readonly reload: () => Promise<void>;
  private client: pg.Client | undefined;
  private retry: NodeJS.Timeout | undefined;
  private closed = false;

  constructor(url: string, reload: () => Promise<void>) {
    this.url = url;
    this.reload = reload;
  }

  async start(): Promise<void> {
    const client = new pg.Client({ connectionString: this.url, application_name: 'rest-schema-watch' });
    this.client = client;
    client.on('notification', () => void this.reload());
    client.on('error', () => this.again(client));
    client.on('end', () => this.again(client));
    await client.connect();
    await client.query('listen pgrst');
  }

  async close(): Promise<void> {
    this.closed = true;
    clearTimeout(this.retry);
    await this.client?.end().catch(() => undefined);
  }

  private again(client: pg.Client): void {
    if (this.closed || this.client !== client) return;
    this.client = undefined;
    this.retry = setTimeout(() => {
      // What changed meanwhile was not heard of.
      this.start().then(this.reload, () => {
        if (this.client) this.again(this.client);
      });
    }, RETRY_MS);
  }
}
