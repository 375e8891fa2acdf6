import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import { mustBeBucketName } from '../buckets/bucket.names.ts';
import { cursorOf, readCursor } from './listing.cursor.ts';
import {
  listingRepository,
  type ListedEntry,
  type SortColumn,
  type SortOrder,
} from './listing.repository.ts';

const MAX_PAGE = 1000;
/** The largest number that the database's function takes. */
const MAX_NUMBER = 2 ** 31 - 1;

export interface SearchOptions {
  readonly limit?: number | undefined;
  readonly offset?: number | undefined;
  readonly search?: string | undefined;
  readonly sortBy?:
    { readonly column?: SortColumn | undefined; readonly order?: SortOrder | undefined } | undefined;
}

export interface PageOptions {
  readonly prefix?: string | undefined;
  /** Lists one level, with its folders, instead of everything under the prefix. */
  readonly folders: boolean;
  readonly limit?: number | undefined;
  readonly cursor?: string | undefined;
  readonly sortBy?:
    | { readonly column: Exclude<SortColumn, 'last_accessed_at'>; readonly order?: SortOrder | undefined }
    | undefined;
}

export interface Page {
  readonly hasNext: boolean;
  readonly nextCursor?: string;
  readonly nextCursorKey?: string;
  readonly folders: ListedEntry[];
  readonly objects: ListedEntry[];
}

/** The two kinds of listing that clients know, each seen by the caller. */
export class ListingService {
  readonly #database: StorageDatabase;

  constructor(database: StorageDatabase) {
    this.#database = database;
  }

  /** One folder, by offset; names are relative to the prefix. */
  search(
    scope: RequestScope,
    bucketId: string,
    prefix: string,
    options: SearchOptions,
  ): Promise<ListedEntry[]> {
    mustBeBucketName(bucketId);
    const query = {
      bucketId,
      prefix: prefix === '' || prefix.endsWith('/') ? prefix : `${prefix}/`,
      limit: Math.min(options.limit ?? 100, MAX_NUMBER),
      offset: Math.min(options.offset ?? 0, MAX_NUMBER),
      search: options.search ?? '',
      column: options.sortBy?.column ?? 'name',
      order: options.sortBy?.order ?? 'asc',
    };
    return this.#database.asCaller(scope, (client) => listingRepository.search(client, query));
  }

  /** One page, by cursor; names are whole. @throws StorageError InvalidParameter for a cursor that is none */
  async page(scope: RequestScope, bucketId: string, options: PageOptions): Promise<Page> {
    mustBeBucketName(bucketId);
    const cursor =
      options.cursor === undefined || options.cursor === '' ? undefined : readCursor(options.cursor);
    const limit = Math.min(options.limit ?? MAX_PAGE, MAX_PAGE);
    const query = {
      bucketId,
      prefix: options.prefix ?? '',
      // One more than asked tells whether there is a next page.
      limit: limit + 1,
      after: cursor?.after ?? '',
      afterTime: cursor?.afterTime ?? '',
      column: cursor?.column ?? options.sortBy?.column ?? 'name',
      order: cursor?.order ?? options.sortBy?.order ?? 'asc',
    };
    const entries = await this.#database.asCaller(scope, (client) =>
      options.folders
        ? listingRepository.pageOfFolder(client, query)
        : listingRepository.pageOfAll(client, query),
    );
    const shown = entries.slice(0, limit);
    const last = shown.at(-1);
    return {
      hasNext: entries.length > limit,
      ...(entries.length > limit &&
        last && { nextCursor: cursorOf(last, query.column, query.order), nextCursorKey: last.name }),
      folders: shown.filter(({ id }) => id === null),
      objects: shown.filter(({ id }) => id !== null),
    };
  }
}
