import type { PoolClient } from 'pg';
import type { EntryRow, IndexRow, NewEntry, NewIndex, Page } from './vector.types.ts';

const START = `($2::text is null or starts_with(name, $2)) and ($3::text is null or name > $3)`;

/** Rows of vector buckets, their indexes and entries, in the role of the transaction that `client` runs. */
export const vectorRepository = {
  async countBuckets(client: PoolClient): Promise<number> {
    const { rows } = await client.query<{ n: number }>(
      'select count(*)::int as n from storage.buckets_vectors',
    );
    return rows[0]?.n ?? 0;
  },

  async insertBucket(client: PoolClient, name: string): Promise<boolean> {
    const { rowCount } = await client.query(
      'insert into storage.buckets_vectors (id) values ($1) on conflict do nothing',
      [name],
    );
    return rowCount === 1;
  },

  async deleteBucket(client: PoolClient, name: string): Promise<void> {
    await client.query('delete from storage.buckets_vectors where id = $1', [name]);
  },

  async findBucket(client: PoolClient, name: string): Promise<{ created_at: Date } | undefined> {
    const { rows } = await client.query<{ created_at: Date }>(
      'select created_at from storage.buckets_vectors where id = $1',
      [name],
    );
    return rows[0];
  },

  /** One more than asked for tells that there are more. */
  async buckets(
    client: PoolClient,
    page: Page,
    limit: number,
  ): Promise<{ name: string; created_at: Date }[]> {
    const { rows } = await client.query<{ name: string; created_at: Date }>(
      `select name, created_at from (select id collate "C" as name, created_at from storage.buckets_vectors) as bucket
       where ${START} order by name limit $1`,
      [limit + 1, page.prefix ?? null, page.nextToken ?? null],
    );
    return rows;
  },

  async indexes(client: PoolClient, bucket: string, page: Page, limit: number): Promise<IndexRow[]> {
    const { rows } = await client.query<IndexRow>(
      `select * from storage.vector_indexes where bucket_id = $4 and ${START} order by name limit $1`,
      [limit + 1, page.prefix ?? null, page.nextToken ?? null, bucket],
    );
    return rows;
  },

  async countIndexes(client: PoolClient, bucket: string): Promise<number> {
    const { rows } = await client.query<{ n: number }>(
      'select count(*)::int as n from storage.vector_indexes where bucket_id = $1',
      [bucket],
    );
    return rows[0]?.n ?? 0;
  },

  async findIndex(client: PoolClient, bucket: string, name: string): Promise<IndexRow | undefined> {
    const { rows } = await client.query<IndexRow>(
      'select * from storage.vector_indexes where bucket_id = $1 and name = $2',
      [bucket, name],
    );
    return rows[0];
  },

  async insertIndex(client: PoolClient, index: NewIndex): Promise<boolean> {
    const { rowCount } = await client.query(
      `insert into storage.vector_indexes (name, bucket_id, data_type, dimension, distance_metric, metadata_configuration)
       values ($1, $2, $3, $4, $5, $6) on conflict do nothing`,
      [
        index.indexName,
        index.vectorBucketName,
        index.dataType,
        index.dimension,
        index.distanceMetric,
        index.metadataConfiguration ?? null,
      ],
    );
    return rowCount === 1;
  },

  async deleteIndex(client: PoolClient, id: string): Promise<void> {
    await client.query('delete from storage.vector_indexes where id = $1', [id]);
  },

  async putEntries(client: PoolClient, index: string, entries: readonly NewEntry[]): Promise<void> {
    await client.query(
      `insert into storage_vectors.entries (index_id, key, embedding, metadata)
       select $1, key, embedding, metadata from jsonb_to_recordset($2) as entry (key text, embedding real[], metadata jsonb)
       on conflict (index_id, key) do update set embedding = excluded.embedding, metadata = excluded.metadata`,
      [
        index,
        JSON.stringify(
          entries.map(({ key, data, metadata }) => ({
            key,
            // What is too small for 32 bits is zero; Postgres would refuse it.
            embedding: data.float32.map(Math.fround),
            metadata: metadata ?? {},
          })),
        ),
      ],
    );
  },

  /** All of an index, or those of `keys`, in the order of their keys. */
  async entries(client: PoolClient, index: string, keys?: readonly string[]): Promise<EntryRow[]> {
    const { rows } = await client.query<EntryRow>(
      `select key, embedding, metadata from storage_vectors.entries
       where index_id = $1 and ($2::text[] is null or key = any ($2)) order by key`,
      [index, keys ?? null],
    );
    return rows;
  },

  /** @param segment - every `count`th entry, by a hash of its key */
  async page(
    client: PoolClient,
    index: string,
    after: string | undefined,
    limit: number,
    segment: { count: number; index: number },
  ): Promise<EntryRow[]> {
    const { rows } = await client.query<EntryRow>(
      `select key, embedding, metadata from storage_vectors.entries
       where index_id = $1 and ($2::text is null or key > $2) and mod(abs(hashtext(key)::bigint), $4) = $5
       order by key limit $3`,
      [index, after ?? null, limit + 1, segment.count, segment.index],
    );
    return rows;
  },

  async deleteEntries(client: PoolClient, index: string, keys: readonly string[]): Promise<void> {
    await client.query('delete from storage_vectors.entries where index_id = $1 and key = any ($2)', [
      index,
      keys,
    ]);
  },
} as const;
