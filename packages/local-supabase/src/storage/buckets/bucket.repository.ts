import type { PoolClient } from 'pg';
import { uuidOrNull } from '../database/uuid.ts';
import type {
  Bucket,
  BucketChanges,
  BucketLimits,
  BucketPage,
  NewBucket,
  TypedBucket,
} from './bucket.types.ts';

/** Supabase leaves `owner` empty where `owner_id` has taken its place. */
const COLUMNS = `id, name, case when owner_id is null then coalesce(owner::text, '') else '' end as owner, public,
  file_size_limit::float8 as file_size_limit, allowed_mime_types, created_at, updated_at`;

const SORTABLE = { id: 'id', name: 'name', created_at: 'created_at', updated_at: 'updated_at' } as const;

/** Rows of `storage.buckets`, seen and changed in the role of the transaction that `client` runs. */
export const bucketRepository = {
  async find(client: PoolClient, id: string): Promise<Bucket | undefined> {
    const { rows } = await client.query<Bucket>(`select ${COLUMNS} from storage.buckets where id = $1`, [id]);
    return rows[0];
  },

  async limits(client: PoolClient, id: string): Promise<BucketLimits | undefined> {
    const { rows } = await client.query<BucketLimits>(
      `select id, coalesce(public, false) as public, file_size_limit::float8 as file_size_limit, allowed_mime_types
       from storage.buckets where id = $1`,
      [id],
    );
    return rows[0];
  },

  /** Holds the row until the transaction ends, so that no object slips in while a bucket goes. */
  async lock(client: PoolClient, id: string): Promise<boolean> {
    const { rowCount } = await client.query('select id from storage.buckets where id = $1 for update', [id]);
    return rowCount === 1;
  },

  /** Only here Supabase tells the type, too. */
  async list(client: PoolClient, page: BucketPage): Promise<TypedBucket[]> {
    const order = page.sortColumn ? SORTABLE[page.sortColumn] : 'created_at';
    const { rows } = await client.query<TypedBucket>(
      `select ${COLUMNS}, type::text as type from storage.buckets
       where $1::text is null or strpos(lower(name), lower($1)) > 0
       order by ${order} ${page.sortOrder === 'desc' ? 'desc' : 'asc'}, id
       limit $2 offset $3`,
      [page.search === '' ? null : (page.search ?? null), page.limit ?? null, page.offset ?? 0],
    );
    return rows;
  },

  async insert(client: PoolClient, bucket: NewBucket): Promise<void> {
    await client.query(
      `insert into storage.buckets (id, name, owner, owner_id, public, file_size_limit, allowed_mime_types)
       values ($1, $2, $3, $4, $5, $6, $7)`,
      [
        bucket.id,
        bucket.name,
        uuidOrNull(bucket.owner),
        bucket.owner ?? null,
        bucket.public ?? false,
        bucket.file_size_limit ?? null,
        bucket.allowed_mime_types ?? null,
      ],
    );
  },

  /** @returns whether the caller may see and change the bucket */
  async update(client: PoolClient, id: string, changes: BucketChanges): Promise<boolean> {
    const entries = Object.entries(changes).filter(([, value]) => value !== undefined);
    const set = entries.map(([column], index) => `${column} = $${index + 2}, `).join('');
    const { rowCount } = await client.query(
      `update storage.buckets set ${set}updated_at = now() where id = $1`,
      [id, ...entries.map(([, value]: [string, unknown]) => value)],
    );
    return rowCount === 1;
  },

  /** @returns whether the caller may delete the bucket */
  async remove(client: PoolClient, id: string): Promise<boolean> {
    const { rowCount } = await client.query('delete from storage.buckets where id = $1', [id]);
    return rowCount === 1;
  },

  async holdsObjects(client: PoolClient, id: string): Promise<boolean> {
    const { rowCount } = await client.query('select 1 from storage.objects where bucket_id = $1 limit 1', [
      id,
    ]);
    return rowCount === 1;
  },
};
