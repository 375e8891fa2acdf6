import type { RequestScope } from '../../database/caller.ts';
import type { StorageDatabase } from '../../database/storage.database.ts';
import { STORAGE_ERRORS } from '../../errors/storage.errors.ts';
import { s3ListingRepository, type S3Entry } from './s3.listing.repository.ts';

export interface S3PageOptions {
  readonly prefix: string;
  readonly delimiter: string;
  /** The key to start after (`start-after`, `marker`); empty for the first. */
  readonly startAfter: string;
  /** Of the page before; empty for none. It counts, and not `startAfter`, where both are there. */
  readonly token: string;
  /** At most a thousand. */
  readonly limit: number;
}

export interface S3Page {
  readonly entries: readonly S3Entry[];
  /** The last entry, where there are more after it. */
  readonly next: string | undefined;
}

/** Listings of one bucket, seen by the caller. */
export class S3ListingService {
  readonly #database: StorageDatabase;

  constructor(database: StorageDatabase) {
    this.#database = database;
  }

  /** @throws StorageError InvalidParameter for a token that is none */
  async page(scope: RequestScope, bucketId: string, options: S3PageOptions): Promise<S3Page> {
    const { prefix, delimiter, startAfter, token, limit } = options;
    const after = token === '' ? '' : readToken(token);
    if (limit === 0) return { entries: [], next: undefined };
    // A marker may be a common prefix of the page before, which then is not listed again.
    const isPrefix = delimiter !== '' && startAfter.endsWith(delimiter);
    const query = {
      bucketId,
      prefix,
      delimiter,
      afterKey: token === '' ? startAfter : '',
      afterEntry: token === '' && isPrefix ? startAfter : after,
      // One more than asked tells whether there is a next page.
      limit: limit + 1,
    };
    const entries = await this.#database.asCaller(scope, (client) => s3ListingRepository.page(client, query));
    const shown = entries.slice(0, limit);
    return { entries: shown, next: entries.length > limit ? shown.at(-1)?.name : undefined };
  }
}

/** Says where a page ended, opaque to clients. */
export function tokenOf(entry: string): string {
  return Buffer.from(`l:${entry}`).toString('base64');
}

function readToken(token: string): string {
  const text = Buffer.from(token, 'base64').toString();
  if (!text.startsWith('l:')) throw STORAGE_ERRORS.invalidParameter('continuation token');
  return text.slice(2);
}
