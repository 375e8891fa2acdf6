import type { PoolClient } from 'pg';
import type { RequestScope } from '../database/caller.ts';
import { STORAGE_ERRORS } from '../errors/storage.errors.ts';
import { isTooDeep } from './json.depth.ts';
import { distance } from './vector.distance.ts';
import { readFilter } from './vector.filter.ts';
import { vectorRepository as rows } from './vector.repository.ts';
import { nextToken } from './vector.service.ts';
import type { VectorService } from './vector.service.ts';
import type { EntryRow, IndexRow, NewEntry, Page } from './vector.types.ts';

/** Which index, and what of its entries is to be returned. */
export interface Asked {
  readonly vectorBucketName: string;
  readonly indexName: string;
  readonly returnData?: boolean;
  readonly returnMetadata?: boolean;
}

export interface Listing extends Asked, Page {
  readonly segmentCount?: number;
  readonly segmentIndex?: number;
}

export interface Query extends Asked {
  readonly queryVector: { readonly float32: readonly number[] };
  readonly topK: number;
  readonly filter?: unknown;
  readonly returnDistance?: boolean;
}

const MOST_LISTED = 500;

/** Vectors of an index. Queries compare all of them: there are few in development. */
export class EntryService {
  readonly #vectors: VectorService;

  constructor(vectors: VectorService) {
    this.#vectors = vectors;
  }

  /** Keys that are there are written anew. @throws StorageError NotFoundException, InvalidParameter */
  async put(scope: RequestScope, asked: Asked, entries: readonly NewEntry[]): Promise<void> {
    if (new Set(entries.map(({ key }) => key)).size < entries.length)
      throw STORAGE_ERRORS.invalidParameter('vectors', 'Request must not contain duplicate keys');
    if (entries.some(({ metadata }) => isTooDeep(metadata)))
      throw STORAGE_ERRORS.invalidParameter('vectors', 'metadata nests too deep');
    await this.#within(scope, asked, async (client, index) => {
      for (const { data } of entries) checkVector('vectors', data.float32, index.dimension);
      await rows.putEntries(client, index.id, entries);
    });
  }

  async get(scope: RequestScope, asked: Asked, keys: readonly string[]): Promise<unknown> {
    const found = await this.#within(scope, asked, (client, { id }) => rows.entries(client, id, keys));
    return { vectors: found.map((row) => shown(row, asked)) };
  }

  async delete(scope: RequestScope, asked: Asked, keys: readonly string[]): Promise<void> {
    await this.#within(scope, asked, (client, { id }) => rows.deleteEntries(client, id, keys));
  }

  /** @throws StorageError NotFoundException, InvalidParameter */
  async list(scope: RequestScope, asked: Listing): Promise<unknown> {
    const { segmentCount: count, segmentIndex: index, maxResults: limit = MOST_LISTED } = asked;
    if ((count === undefined) !== (index === undefined))
      throw STORAGE_ERRORS.invalidParameter(
        'segmentCount/segmentIndex',
        'segmentCount and segmentIndex must be provided together',
      );
    if ((index ?? 0) >= (count ?? 1))
      throw STORAGE_ERRORS.invalidParameter('segmentIndex', 'segmentIndex must be less than segmentCount');
    const segment = { count: count ?? 1, index: index ?? 0 };
    const found = await this.#within(scope, asked, (client, { id }) =>
      rows.page(client, id, asked.nextToken, limit, segment),
    );
    return {
      vectors: found.slice(0, limit).map((row) => shown(row, asked)),
      ...nextToken(found, limit, ({ key }) => key),
    };
  }

  /** The nearest first. @throws StorageError NotFoundException, InvalidParameter */
  async query(scope: RequestScope, asked: Query): Promise<unknown> {
    const { float32: wanted } = asked.queryVector;
    const passes = asked.filter === undefined ? () => true : readFilter(asked.filter);
    return this.#within(scope, asked, async (client, { id, dimension, distance_metric: metric }) => {
      checkVector('queryVector', wanted, dimension);
      const found = (await rows.entries(client, id))
        .filter(({ metadata }) => passes(metadata))
        .map((row) => ({ row, far: distance(metric, wanted, row.embedding) }))
        .sort((a, b) => rank(a.far) - rank(b.far))
        .slice(0, asked.topK);
      return {
        vectors: found.map(({ row, far }) => ({
          ...shown(row, { ...asked, returnData: false }),
          ...(asked.returnDistance === true && { distance: far }),
        })),
        distanceMetric: metric,
      };
    });
  }

  #within<T>(
    scope: RequestScope,
    { vectorBucketName, indexName }: Asked,
    work: (client: PoolClient, index: IndexRow) => Promise<T>,
  ): Promise<T> {
    return this.#vectors.withIndex(scope, vectorBucketName, indexName, work);
  }
}

function shown(
  { key, embedding, metadata }: EntryRow,
  { returnData, returnMetadata }: Partial<Asked>,
): object {
  return {
    key,
    ...(returnData === true && { data: { float32: embedding } }),
    ...(returnMetadata === true && { metadata }),
  };
}

/** Where there is no distance (of a vector without a direction), there is nothing nearer than it. */
const rank = (far: number): number => (Number.isNaN(far) ? Number.MAX_VALUE : far);

function checkVector(parameter: string, vector: readonly number[], dimension: number): void {
  if (vector.length !== dimension)
    throw STORAGE_ERRORS.invalidParameter(
      parameter,
      `expected ${dimension} dimensions, not ${vector.length}`,
    );
  if (!vector.every((value) => Number.isFinite(Math.fround(value))))
    throw STORAGE_ERRORS.invalidParameter(parameter, 'a number is out of range for float32');
}
