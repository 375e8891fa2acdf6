import type { PoolClient } from 'pg';
import type { RequestScope } from '../database/caller.ts';
import type { StorageDatabase } from '../database/storage.database.ts';
import type { VectorSettings } from '../settings.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { VECTOR_ERRORS } from './vector.errors.ts';
import { vectorRepository as rows } from './vector.repository.ts';
import type { IndexRow, NewIndex, Page } from './vector.types.ts';

const MOST_RESULTS = 500;

/** Vector buckets and their indexes: `[storage.vector]` says how many there may be. */
export class VectorService {
  readonly #database: StorageDatabase;
  readonly #settings: VectorSettings;

  constructor(database: StorageDatabase, settings: VectorSettings) {
    this.#database = database;
    this.#settings = settings;
  }

  /** @throws StorageError ConflictException, S3VectorMaxBucketsExceeded */
  async createBucket(scope: RequestScope, name: string): Promise<void> {
    if (name === '') throw STORAGE_ERRORS.invalidBucketName();
    await this.#database.asService(scope, async (client) => {
      if ((await rows.countBuckets(client)) >= this.#settings.maxBuckets)
        throw VECTOR_ERRORS.tooMany('Buckets', this.#settings.maxBuckets);
      if (!(await rows.insertBucket(client, name))) throw VECTOR_ERRORS.exists('vector bucket', name);
    });
  }

  /** One that is not there is deleted, too. @throws StorageError VectorBucketNotEmpty */
  async deleteBucket(scope: RequestScope, name: string): Promise<void> {
    await this.#database.asService(scope, async (client) => {
      if ((await rows.countIndexes(client, name)) > 0) throw VECTOR_ERRORS.bucketNotEmpty(name);
      await rows.deleteBucket(client, name);
    });
  }

  /** @throws StorageError NotFoundException */
  async bucket(scope: RequestScope, name: string): Promise<unknown> {
    const found = await this.#database.asService(scope, (client) => rows.findBucket(client, name));
    if (!found) throw VECTOR_ERRORS.notFound(name);
    return { vectorBucket: { vectorBucketName: name, creationTime: seconds(found.created_at) } };
  }

  async buckets(scope: RequestScope, page: Page): Promise<unknown> {
    const limit = limitOf(page);
    const found = await this.#database.asService(scope, (client) => rows.buckets(client, page, limit));
    return {
      vectorBuckets: found
        .slice(0, limit)
        .map(({ name, created_at }) => ({ vectorBucketName: name, creationTime: seconds(created_at) })),
      ...nextToken(found, limit, ({ name }) => name),
    };
  }

  /** @throws StorageError NotFoundException, ConflictException, S3VectorMaxIndexesExceeded */
  async createIndex(scope: RequestScope, index: NewIndex): Promise<void> {
    await this.#database.asService(scope, async (client) => {
      const { vectorBucketName: bucket, indexName } = index;
      if (!(await rows.findBucket(client, bucket))) throw VECTOR_ERRORS.notFound(bucket);
      if ((await rows.countIndexes(client, bucket)) >= this.#settings.maxIndexes)
        throw VECTOR_ERRORS.tooMany('Indexes', this.#settings.maxIndexes);
      if (!(await rows.insertIndex(client, index))) throw VECTOR_ERRORS.exists('vector index', indexName);
    });
  }

  /** @throws StorageError NotFoundException */
  async deleteIndex(scope: RequestScope, bucket: string, name: string): Promise<void> {
    await this.withIndex(scope, bucket, name, (client, { id }) => rows.deleteIndex(client, id));
  }

  /** @throws StorageError NotFoundException */
  async index(scope: RequestScope, bucket: string, name: string): Promise<unknown> {
    const row = await this.withIndex(scope, bucket, name, (_client, found) => Promise.resolve(found));
    return {
      index: {
        indexName: row.name,
        vectorBucketName: row.bucket_id,
        dataType: row.data_type,
        dimension: row.dimension,
        distanceMetric: row.distance_metric,
        metadataConfiguration: row.metadata_configuration ?? undefined,
        creationTime: seconds(row.created_at),
      },
    };
  }

  async indexes(scope: RequestScope, bucket: string, page: Page): Promise<unknown> {
    const limit = limitOf(page);
    const found = await this.#database.asService(scope, (client) =>
      rows.indexes(client, bucket, page, limit),
    );
    return {
      indexes: found.slice(0, limit).map(({ name, bucket_id, created_at }) => ({
        indexName: name,
        vectorBucketName: bucket_id,
        creationTime: seconds(created_at),
      })),
      ...nextToken(found, limit, ({ name }) => name),
    };
  }

  /** Runs `work` on an index that is there. @throws StorageError NotFoundException */
  async withIndex<T>(
    scope: RequestScope,
    bucket: string,
    name: string,
    work: (client: PoolClient, index: IndexRow) => Promise<T>,
  ): Promise<T> {
    return this.#database.asService(scope, async (client) => {
      const index = await rows.findIndex(client, bucket, name);
      if (!index) throw VECTOR_ERRORS.notFound(name);
      return work(client, index);
    });
  }
}

/** Where a listing goes on, when more was found than asked for. */
export function nextToken<T>(
  found: readonly T[],
  limit: number,
  tokenOf: (row: T) => string,
): { nextToken?: string } {
  const last = found.length > limit ? found[limit - 1] : undefined;
  return last === undefined ? {} : { nextToken: tokenOf(last) };
}

const limitOf = ({ maxResults }: Page): number => maxResults ?? MOST_RESULTS;

const seconds = (date: Date): number => Math.floor(date.getTime() / 1000);
