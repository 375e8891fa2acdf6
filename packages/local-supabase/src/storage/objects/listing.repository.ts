import type { PoolClient } from 'pg';
import type { ObjectMetadata } from './object.types.ts';

/** One line of a listing; folders have no id. */
export interface ListedEntry {
  readonly key?: string;
  readonly name: string;
  readonly id: string | null;
  readonly updated_at: Date | null;
  readonly created_at: Date | null;
  readonly last_accessed_at: Date | null;
  readonly metadata: Partial<ObjectMetadata> | null;
}

export type SortColumn = 'name' | 'updated_at' | 'created_at' | 'last_accessed_at';
export type SortOrder = 'asc' | 'desc';

export interface SearchQuery {
  readonly bucketId: string;
  /** Empty, or ending in a slash. */
  readonly prefix: string;
  readonly limit: number;
  readonly offset: number;
  readonly search: string;
  readonly column: SortColumn;
  readonly order: SortOrder;
}

export interface PageQuery {
  readonly bucketId: string;
  readonly prefix: string;
  readonly limit: number;
  /** Name of the last entry of the page before; empty for the first page. */
  readonly after: string;
  /** Its sorted column, ISO 8601; empty when sorted by name. */
  readonly afterTime: string;
  readonly column: Exclude<SortColumn, 'last_accessed_at'>;
  readonly order: SortOrder;
}

/** Listings of `storage.objects`, seen in the role of the transaction that `client` runs. */
export const listingRepository = {
  /** The first kind of listing: one folder level, by offset. */
  async search(client: PoolClient, query: SearchQuery): Promise<ListedEntry[]> {
    const { rows } = await client.query<ListedEntry>(
      'select * from storage.search($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        query.prefix,
        query.bucketId,
        query.limit,
        query.prefix.split('/').length,
        query.offset,
        query.search,
        query.column,
        query.order,
      ],
    );
    return rows;
  },

  /** The second kind with folders: one level, by cursor. */
  async pageOfFolder(client: PoolClient, query: PageQuery): Promise<ListedEntry[]> {
    const { rows } = await client.query<ListedEntry>(
      'select * from storage.search_v2($1, $2, $3, $4, $5, $6, $7, $8)',
      [
        query.prefix,
        query.bucketId,
        query.limit,
        query.prefix.split('/').length,
        query.after,
        query.order,
        query.column,
        query.afterTime,
      ],
    );
    return rows;
  },

  /** The second kind without folders: every object under the prefix, by cursor. */
  async pageOfAll(client: PoolClient, query: PageQuery): Promise<ListedEntry[]> {
    const order = query.order === 'desc' ? 'desc' : 'asc';
    const beyond = query.order === 'desc' ? '<' : '>';
    // Cursors carry milliseconds, so rows are compared by milliseconds too.
    const time =
      query.column === 'name' ? `'epoch'::timestamptz` : `date_trunc('milliseconds', ${query.column})`;
    const { rows } = await client.query<ListedEntry>(
      `select id, name, metadata, updated_at, created_at, last_accessed_at
       from storage.objects
       where bucket_id = $1 and starts_with(name, $2)
         and ($3 = '' or (${time}, name collate "C") ${beyond} (coalesce(nullif($4, '')::timestamptz, 'epoch'), $3))
       order by ${time} ${order}, name collate "C" ${order}
       limit $5`,
      [query.bucketId, query.prefix, query.after, query.afterTime, query.limit],
    );
    return rows;
  },
};
