import { pause } from '../client/retry.ts';
import type { Credentials, CredentialsManager } from './credentials.types.ts';
import { credentialsIn } from './stored-credentials.ts';

/** What is needed of a Postgres client: the `query` of a `Pool` or a connected `Client` of the package `pg`. */
export interface PostgresClient {
  query(text: string, values?: unknown[]): Promise<{ rows: unknown[]; rowCount: number | null }>;
}

export interface DatabaseOptions {
  /** The table, with its schema if need be (`auth_data.credentials`). `supanest_credentials` unless set. */
  table?: string;
  /** How long a refresh may hold the lock before another process may have it. 30 unless set. */
  lockSeconds?: number;
}

const POLL_MS = 50;

/**
 * Keeps credentials in any Postgres. To delete is to mark: the row stays, with the time, for whoever wants to know who was
 * here; its tokens go.
 */
export class DatabaseCredentialsManager implements CredentialsManager {
  private readonly client: PostgresClient;
  private readonly table: string;
  private readonly lockSeconds: number;

  /** @throws RangeError for a table name that is none */
  constructor(
    client: PostgresClient,
    { table = 'supanest_credentials', lockSeconds = 30 }: DatabaseOptions = {},
  ) {
    if (!/^[A-Za-z_]\w*(\.[A-Za-z_]\w*)?$/.test(table))
      throw new RangeError(`${table} is no name of a table`);
    this.client = client;
    this.table = table
      .split('.')
      .map((part) => `"${part}"`)
      .join('.');
    this.lockSeconds = lockSeconds;
  }

  /** Makes the table unless it is there. Those who have migrations of their own put this SQL into one. */
  async createTable(): Promise<void> {
    await this.client.query(`create table if not exists ${this.table} (
      id text primary key,
      access_token text,
      refresh_token text,
      updated_at timestamptz not null default now(),
      deleted_at timestamptz,
      locked_until timestamptz
    )`);
  }

  async get(id: string): Promise<Credentials | null> {
    const { rows } = await this.client.query(
      `select access_token as "accessToken", refresh_token as "refreshToken"
       from ${this.table} where id = $1 and deleted_at is null`,
      [id],
    );
    return credentialsIn(rows[0]);
  }

  async set(id: string, { accessToken, refreshToken }: Credentials): Promise<void> {
    await this.client.query(
      `insert into ${this.table} (id, access_token, refresh_token) values ($1, $2, $3)
       on conflict (id) do update set access_token = excluded.access_token, refresh_token = excluded.refresh_token,
         updated_at = now(), deleted_at = null`,
      [id, accessToken, refreshToken],
    );
  }

  async update(id: string, accessToken: string): Promise<void> {
    await this.client.query(
      `update ${this.table} set access_token = $2, updated_at = now() where id = $1 and deleted_at is null`,
      [id, accessToken],
    );
  }

  async delete(id: string): Promise<void> {
    await this.client.query(
      `update ${this.table} set access_token = null, refresh_token = null, deleted_at = now()
       where id = $1 and deleted_at is null`,
      [id],
    );
  }

  /** By a lease in the row: it holds no connection while the work waits for the network, and no pooler is in its way. */
  async lock<T>(id: string, work: () => Promise<T>): Promise<T> {
    let lease = await this.lease(id);
    while (lease === 'taken') {
      await pause(POLL_MS);
      lease = await this.lease(id);
    }
    try {
      return await work();
    } finally {
      // Only our own: it may have run out, and be another's by now.
      await this.client.query(
        `update ${this.table} set locked_until = null where id = $1 and locked_until::text = $2`,
        [id, lease],
      );
    }
  }

  /** Until when it is ours; null when there is no row to fight over. */
  private async lease(id: string): Promise<string | null> {
    const { rows } = await this.client.query(
      `with mine as (
         update ${this.table} set locked_until = now() + make_interval(secs => $2)
         where id = $1 and (locked_until is null or locked_until < now()) returning locked_until::text as lease)
       select coalesce((select lease from mine), (select 'taken' from ${this.table} where id = $1)) as lease`,
      [id, this.lockSeconds],
    );
    return (rows[0] as { lease?: string | null } | undefined)?.lease ?? null;
  }
}
