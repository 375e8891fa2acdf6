import pg from 'pg';
import { startLocalPostgres, type LocalPostgres } from '../../src/postgres/local.postgres.ts';

/** A Postgres on the wire, and clients that are closed with it. */
export class PostgresFixture {
  private postgres: LocalPostgres | undefined;
  private readonly clients: pg.Client[] = [];

  async start(dataDir?: string): Promise<void> {
    this.postgres = await startLocalPostgres({ dataDir, port: 0 });
  }

  get url(): string {
    if (!this.postgres) throw new Error('not started');
    return this.postgres.url;
  }

  async connect(config: pg.ClientConfig = {}): Promise<pg.Client> {
    const client = new pg.Client({ connectionString: this.url, ...config });
    client.on('error', () => undefined);
    await client.connect();
    this.clients.push(client);
    return client;
  }

  async stop(): Promise<void> {
    await Promise.all(this.clients.map((client) => client.end().catch(() => undefined)));
    await this.postgres?.close();
  }
}

/** The first column of the first row. */
export async function value(client: pg.Client, sql: string, parameters: unknown[] = []): Promise<unknown> {
  const { rows } = await client.query<unknown[]>({ text: sql, values: parameters, rowMode: 'array' });
  return rows[0]?.[0];
}
