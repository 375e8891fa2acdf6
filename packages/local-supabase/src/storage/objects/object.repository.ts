import type { PoolClient } from 'pg';
import { uuidOrNull } from '../database/uuid.ts';
import type { ObjectRow, StoredObject } from './object.types.ts';

const COLUMNS = `id, name, bucket_id, owner, owner_id, version, metadata, user_metadata, created_at, updated_at,
  last_accessed_at`;

const WRITTEN = '(bucket_id, name, owner, owner_id, version, metadata, user_metadata)';

/** Rows of `storage.objects`, seen and changed in the role of the transaction that `client` runs. */
export const objectRepository = {
  async find(client: PoolClient, bucketId: string, name: string): Promise<StoredObject | undefined> {
    const { rows } = await client.query<StoredObject>(
      `select ${COLUMNS} from storage.objects where bucket_id = $1 and name = $2`,
      [bucketId, name],
    );
    return rows[0];
  },

  /** Names among `names` that the caller may see. */
  async visibleNames(client: PoolClient, bucketId: string, names: string[]): Promise<Set<string>> {
    const { rows } = await client.query<{ name: string }>(
      'select name from storage.objects where bucket_id = $1 and name = any($2::text[])',
      [bucketId, names],
    );
    return new Set(rows.map(({ name }) => name));
  },

  /** Writers of one name take turns until the end of the transaction. */
  async lockName(client: PoolClient, bucketId: string, name: string): Promise<void> {
    await client.query('select pg_advisory_xact_lock(hashtextextended($1, 0))', [`${bucketId}/${name}`]);
  },

  /** Without `returning`, which would ask the caller's select policy too. */
  async insert(client: PoolClient, row: ObjectRow): Promise<void> {
    await client.query(
      `insert into storage.objects ${WRITTEN} values ($1, $2, $3, $4, $5, $6, $7)`,
      valuesOf(row),
    );
  },

  async upsert(client: PoolClient, row: ObjectRow): Promise<StoredObject> {
    const { rows } = await client.query<StoredObject>(
      `insert into storage.objects ${WRITTEN} values ($1, $2, $3, $4, $5, $6, $7)
       on conflict (bucket_id, name) do update set
         owner = coalesce(excluded.owner, storage.objects.owner),
         owner_id = coalesce(excluded.owner_id, storage.objects.owner_id),
         version = excluded.version,
         metadata = coalesce(excluded.metadata, storage.objects.metadata),
         user_metadata = coalesce(excluded.user_metadata, storage.objects.user_metadata)
       returning ${COLUMNS}`,
      valuesOf(row),
    );
    const [written] = rows;
    if (!written) throw new Error('An upsert always returns its row');
    return written;
  },

  /** Gives an object another place; its id, creation and metadata stay. @returns the row, when the caller may change it */
  async relocate(
    client: PoolClient,
    from: { bucketId: string; name: string },
    to: { bucketId: string; name: string; owner: string | undefined },
  ): Promise<StoredObject | undefined> {
    const { rows } = await client.query<StoredObject>(
      `update storage.objects set bucket_id = $3, name = $4,
         owner = coalesce($5, owner), owner_id = coalesce($6, owner_id)
       where bucket_id = $1 and name = $2
       returning ${COLUMNS}`,
      [from.bucketId, from.name, to.bucketId, to.name, uuidOrNull(to.owner), to.owner ?? null],
    );
    return rows[0];
  },

  /** @returns the rows that the caller may see and delete */
  async remove(client: PoolClient, bucketId: string, names: string[]): Promise<StoredObject[]> {
    const { rows } = await client.query<StoredObject>(
      `delete from storage.objects where bucket_id = $1 and name = any($2::text[]) returning ${COLUMNS}`,
      [bucketId, names],
    );
    return rows;
  },

  /** The first names of a bucket that the caller may see, for emptying it in steps. */
  async firstNames(client: PoolClient, bucketId: string, limit: number): Promise<string[]> {
    const { rows } = await client.query<{ name: string }>(
      'select name from storage.objects where bucket_id = $1 order by name collate "C" limit $2',
      [bucketId, limit],
    );
    return rows.map(({ name }) => name);
  },

  /** Which of these versions some row still names. */
  async knownVersions(client: PoolClient, versions: string[]): Promise<Set<string>> {
    const { rows } = await client.query<{ version: string }>(
      'select version from storage.objects where version = any($1::text[])',
      [versions],
    );
    return new Set(rows.map(({ version }) => version));
  },
};

function valuesOf(row: ObjectRow): unknown[] {
  return [
    row.bucketId,
    row.name,
    uuidOrNull(row.owner),
    row.owner ?? null,
    row.version,
    row.metadata === undefined ? null : JSON.stringify(row.metadata),
    row.userMetadata == null ? null : JSON.stringify(row.userMetadata),
  ];
}
