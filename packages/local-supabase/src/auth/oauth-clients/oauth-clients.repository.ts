import type { Executor } from '../database/executor.ts';

export type ClientType = 'public' | 'confidential';

/** One row of `auth.oauth_clients`. */
export interface OAuthClientRow {
  id: string;
  client_secret_hash: string | null;
  registration_type: 'dynamic' | 'manual';
  /** Separated by commas, as GoTrue stores them. */
  redirect_uris: string;
  grant_types: string;
  client_name: string | null;
  client_uri: string | null;
  logo_uri: string | null;
  client_type: ClientType;
  token_endpoint_auth_method: string;
  created_at: Date;
  updated_at: Date;
}

/** Columns that an administrator changes. */
export type OAuthClientChanges = Partial<
  Omit<OAuthClientRow, 'id' | 'registration_type' | 'client_type' | 'created_at' | 'updated_at'>
>;

export async function insertOAuthClient(
  db: Executor,
  client: Omit<OAuthClientRow, 'created_at' | 'updated_at'>,
): Promise<void> {
  const columns = Object.keys(client);
  await db.query(
    `insert into auth.oauth_clients (${columns.join(', ')})
     values (${columns.map((_, index) => `$${index + 1}`).join(', ')})`,
    Object.values(client),
  );
}

/** The client, unless it was deleted. */
export async function findOAuthClient(db: Executor, id: string): Promise<OAuthClientRow | undefined> {
  const { rows } = await db.query<OAuthClientRow>(
    'select * from auth.oauth_clients where id = $1 and deleted_at is null',
    [id],
  );
  return rows[0];
}

/** Writes columns of one client. Names come from {@link OAuthClientChanges}, never from a request. */
export async function updateOAuthClient(
  db: Executor,
  id: string,
  changes: OAuthClientChanges,
): Promise<void> {
  const columns = Object.keys(changes).map((column, index) => `, ${column} = $${index + 2}`);
  await db.query(`update auth.oauth_clients set updated_at = now()${columns.join('')} where id = $1`, [
    id,
    ...Object.values(changes),
  ]);
}

/** Marks the client as deleted: what refers to it keeps what it refers to. */
export async function deleteOAuthClient(db: Executor, id: string): Promise<void> {
  await db.query('update auth.oauth_clients set deleted_at = now(), updated_at = now() where id = $1', [id]);
}

/** One page of clients, newest first, and how many there are. */
export async function listOAuthClients(
  db: Executor,
  page: { limit: number; offset: number },
): Promise<{ clients: OAuthClientRow[]; total: number }> {
  const { rows } = await db.query<OAuthClientRow & { total: string }>(
    `select *, count(*) over () as total from auth.oauth_clients where deleted_at is null
     order by created_at desc, id limit $1 offset $2`,
    [page.limit, page.offset],
  );
  if (rows.length > 0 || page.offset === 0) return { clients: rows, total: Number(rows[0]?.total ?? 0) };
  const counted = await db.query<{ total: string }>(
    'select count(*) as total from auth.oauth_clients where deleted_at is null',
  );
  return { clients: [], total: Number(counted.rows[0]?.total ?? 0) };
}
