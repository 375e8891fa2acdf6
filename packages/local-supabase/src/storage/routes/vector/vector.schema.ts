const TEXT = { type: 'string' } as const;
const FLAG = { type: 'boolean' } as const;
const BUCKET = { vectorBucketName: TEXT } as const;
const INDEX = {
  ...BUCKET,
  indexName: {
    type: 'string',
    minLength: 3,
    maxLength: 45,
    pattern: '^[a-z0-9](?:[a-z0-9.-]{1,61})?[a-z0-9]$',
  },
} as const;
const FLOATS = {
  type: 'object',
  properties: { float32: { type: 'array', minItems: 1, items: { type: 'number' } } },
  required: ['float32'],
} as const;
const KEY = { type: 'string', minLength: 1, maxLength: 1024 } as const;
const keys = (most: number) => ({ type: 'array', minItems: 1, maxItems: most, items: KEY }) as const;
const page = (most: number) =>
  ({ maxResults: { type: 'integer', minimum: 1, maximum: most }, nextToken: TEXT, prefix: TEXT }) as const;

const body = (properties: object, ...required: string[]) => ({ type: 'object', properties, required });

/** Bodies by operation, with storage-api's limits. Metadata and filters are looked at by what takes them. */
export const VECTOR_BODIES = {
  CreateVectorBucket: body(BUCKET, 'vectorBucketName'),
  GetVectorBucket: body(BUCKET, 'vectorBucketName'),
  DeleteVectorBucket: body(BUCKET, 'vectorBucketName'),
  ListVectorBuckets: body(page(500)),
  CreateIndex: body(
    {
      ...INDEX,
      dataType: { type: 'string', enum: ['float32'] },
      dimension: { type: 'integer', minimum: 1, maximum: 4096 },
      distanceMetric: { type: 'string', enum: ['cosine', 'euclidean'] },
      metadataConfiguration: { type: 'object' },
    },
    ...['dataType', 'dimension', 'distanceMetric', 'indexName', 'vectorBucketName'],
  ),
  GetIndex: body(INDEX, 'vectorBucketName', 'indexName'),
  DeleteIndex: body(INDEX, 'vectorBucketName', 'indexName'),
  ListIndexes: body({ ...BUCKET, ...page(500) }, 'vectorBucketName'),
  PutVectors: body(
    {
      ...INDEX,
      vectors: {
        type: 'array',
        minItems: 1,
        maxItems: 500,
        items: body({ key: KEY, data: FLOATS, metadata: { type: 'object' } }, 'key', 'data'),
      },
    },
    ...['vectorBucketName', 'indexName', 'vectors'],
  ),
  GetVectors: body(
    { ...INDEX, keys: keys(100), returnData: FLAG, returnMetadata: FLAG },
    ...['vectorBucketName', 'indexName', 'keys'],
  ),
  ListVectors: body(
    {
      ...INDEX,
      ...page(1000),
      returnData: FLAG,
      returnMetadata: FLAG,
      segmentCount: { type: 'integer', minimum: 1, maximum: 16 },
      segmentIndex: { type: 'integer', minimum: 0, maximum: 15 },
    },
    ...['vectorBucketName', 'indexName'],
  ),
  QueryVectors: body(
    {
      ...INDEX,
      queryVector: FLOATS,
      topK: { type: 'integer', minimum: 1, maximum: 100 },
      returnDistance: FLAG,
      returnMetadata: FLAG,
      filter: {},
    },
    ...['vectorBucketName', 'indexName', 'queryVector', 'topK'],
  ),
  DeleteVectors: body({ ...INDEX, keys: keys(500) }, 'vectorBucketName', 'indexName', 'keys'),
} as const;
