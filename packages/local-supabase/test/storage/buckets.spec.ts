import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

describe('buckets', () => {
  let storage: RunningStorage;
  let admin: RunningStorage['admin'];

  beforeAll(async () => {
    storage = await startStorage();
    admin = storage.admin;
  }, 60_000);
  afterAll(() => storage.stop());

  it('should say that it is healthy, to anyone', async () => {
    expect(await (await fetch(`${storage.url}/health`)).json()).toEqual({ healthy: true });
  });

  it('should create a bucket with its limits and show it', async () => {
    const created = await admin.createBucket('images', {
      public: true,
      fileSizeLimit: '10MB',
      allowedMimeTypes: ['image/*', 'text/plain'],
    });
    expect(created).toEqual({ data: { name: 'images' }, error: null });
    const { data } = await admin.getBucket('images');
    expect(data).toEqual({
      id: 'images',
      name: 'images',
      owner: '',
      public: true,
      file_size_limit: 10_000_000,
      allowed_mime_types: ['image/*', 'text/plain'],
      created_at: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
      updated_at: expect.any(String),
    });
  });

  it.each([
    ['a name with a slash', 'a/b', {}, '400', 'Bucket name invalid'],
    ['a name that walks up', '..', {}, '400', 'Bucket name invalid'],
    ['a name of 101 characters', 'x'.repeat(101), {}, '400', 'Bucket name invalid'],
    [
      'a size that is none',
      'size',
      { fileSizeLimit: '10 potatoes' },
      '400',
      'Invalid file size format, hint: use 20GB / 20MB / 30KB / 3B',
    ],
    [
      'a size above the general limit',
      'large',
      { fileSizeLimit: '1GB' },
      '413',
      'The object exceeded the maximum allowed size',
    ],
    [
      'a type that is none',
      'type',
      { allowedMimeTypes: ['picture'] },
      '415',
      'mime type picture is not supported',
    ],
  ])('should refuse %s', async (_what, name, options, statusCode, message) => {
    const { data, error } = await admin.createBucket(name, { public: false, ...options });
    expect(data).toBeNull();
    expect(error).toMatchObject({ status: 400, statusCode, message });
  });

  it('should refuse a second bucket of the same name', async () => {
    await admin.createBucket('twice');
    const { error } = await admin.createBucket('twice');
    expect(error).toMatchObject({ status: 400, statusCode: '409', message: 'The resource already exists' });
  });

  it('should answer 404 in the body for a bucket that is not there', async () => {
    for (const answer of [
      await admin.getBucket('nowhere'),
      await admin.updateBucket('nowhere', { public: true }),
      await admin.deleteBucket('nowhere'),
      await admin.emptyBucket('nowhere'),
    ]) {
      expect(answer.error).toMatchObject({ status: 400, statusCode: '404', message: 'Bucket not found' });
    }
  });

  it('should change what is named and leave the rest', async () => {
    await admin.createBucket('changing', {
      public: false,
      fileSizeLimit: 1000,
      allowedMimeTypes: ['image/png'],
    });
    expect((await admin.updateBucket('changing', { public: true })).data).toEqual({
      message: 'Successfully updated',
    });
    expect((await admin.getBucket('changing')).data).toMatchObject({
      public: true,
      file_size_limit: 1000,
      allowed_mime_types: ['image/png'],
    });
    await admin.updateBucket('changing', { public: true, fileSizeLimit: null, allowedMimeTypes: null });
    expect((await admin.getBucket('changing')).data).toMatchObject({
      file_size_limit: null,
      allowed_mime_types: null,
    });
  });

  it('should show the owner that SQL has given a bucket, unless owner_id has taken its place', async () => {
    const owner = '4d56e902-f0a0-4662-8448-a4d9e643c142';
    await storage.pool.query(
      `insert into storage.buckets (id, name, owner, owner_id) values ('old', 'old', $1, null), ('new', 'new', $1, $1)`,
      [owner],
    );
    expect((await admin.getBucket('old')).data?.owner).toBe(owner);
    expect((await admin.getBucket('new')).data?.owner).toBe('');
  });

  it('should list by page, order and part of a name', async () => {
    for (const name of ['list-a', 'list-b', 'list-c']) await admin.createBucket(name);
    const page = await admin.listBuckets({
      search: 'LIST-',
      sortColumn: 'name',
      sortOrder: 'desc',
      limit: 2,
      offset: 1,
    });
    expect(page.data?.map(({ id }) => id)).toEqual(['list-b', 'list-a']);
    // The type is told in lists only.
    expect(page.data?.map(({ type }) => type)).toEqual(['STANDARD', 'STANDARD']);
    expect((await admin.listBuckets({ search: '%' })).data).toEqual([]);
  });

  it('should delete only an empty bucket, and empty it on request', async () => {
    await admin.createBucket('full');
    await admin.from('full').upload('a/one.txt', 'one');
    await admin.from('full').upload('two.txt', 'two');
    expect((await admin.deleteBucket('full')).error).toMatchObject({
      statusCode: '409',
      message: 'The bucket you tried to delete is not empty',
    });
    expect((await admin.emptyBucket('full')).error).toBeNull();
    expect((await admin.from('full').list()).data).toEqual([]);
    expect((await admin.deleteBucket('full')).data).toEqual({ message: 'Successfully deleted' });
    expect((await admin.getBucket('full')).error).toMatchObject({ statusCode: '404' });
  });

  it('should refuse a token that is none, in the words of the library', async () => {
    const answers = await Promise.all(
      ['', 'Bearer nonsense'].map(async (authorization) => {
        const response = await fetch(`${storage.url}/bucket`, { headers: { authorization } });
        return { status: response.status, body: await response.json() };
      }),
    );
    for (const { status, body } of answers) {
      expect(status).toBe(400);
      expect(body).toEqual({
        statusCode: '403',
        error: 'Unauthorized',
        message: 'Invalid Compact JWS',
        code: 'AccessDenied',
      });
    }
  });

  it('should accept the short keys, in either header', async () => {
    const { secretKey, publishableKey } = storage.supabase;
    const secret = await fetch(`${storage.url}/bucket/images`, {
      headers: { authorization: `Bearer ${secretKey}`, apikey: secretKey },
    });
    expect(secret.status).toBe(200);
    const response = await fetch(`${storage.url}/bucket`, { headers: { apikey: publishableKey } });
    expect(await response.json()).toEqual([]);
  });

  describe('of vectors', () => {
    const cosine = { dataType: 'float32', dimension: 2, distanceMetric: 'cosine' } as const;

    it('should keep buckets and indexes, as many as there may be', async () => {
      expect((await admin.vectors.createBucket('embeddings')).error).toBeNull();
      expect((await admin.vectors.createBucket('embeddings')).error).toMatchObject({ status: 409 });
      expect((await admin.vectors.getBucket('embeddings')).data?.vectorBucket).toEqual({
        vectorBucketName: 'embeddings',
        creationTime: expect.any(Number),
      });
      expect((await admin.vectors.getBucket('none')).error).toMatchObject({
        status: 404,
        message: 'resource "none" not found',
      });
      for (const name of ['more-a', 'more-b']) await admin.vectors.createBucket(name);
      const page = await admin.vectors.listBuckets({ prefix: 'more', maxResults: 1 });
      expect(page.data).toMatchObject({
        vectorBuckets: [{ vectorBucketName: 'more-a' }],
        nextToken: 'more-a',
      });

      const bucket = admin.vectors.from('embeddings');
      expect((await bucket.createIndex({ ...cosine, indexName: 'documents' })).error).toBeNull();
      expect((await bucket.createIndex({ ...cosine, indexName: 'documents' })).error).toMatchObject({
        status: 409,
      });
      expect((await bucket.getIndex('documents')).data?.index).toMatchObject({
        ...cosine,
        indexName: 'documents',
      });
      expect((await bucket.listIndexes()).data?.indexes).toMatchObject([{ indexName: 'documents' }]);
      expect((await admin.vectors.deleteBucket('embeddings')).error).toMatchObject({ status: 400 });
      for (const n of [1, 2, 3, 4]) await bucket.createIndex({ ...cosine, indexName: `index-${n}` });
      expect((await bucket.createIndex({ ...cosine, indexName: 'sixth' })).error).toMatchObject({
        status: 400,
      });
      expect((await bucket.deleteIndex('index-4')).error).toBeNull();
      expect((await admin.vectors.deleteBucket('more-a')).error).toBeNull();
    });

    it('should find the nearest among those that pass the filter', async () => {
      const index = admin.vectors.from('embeddings').index('documents');
      const vectors = [
        { key: 'east', data: { float32: [1, 0] }, metadata: { lang: 'en', year: 2020, old: false } },
        { key: 'north', data: { float32: [0, 2] }, metadata: { lang: 'de', year: 2024 } },
        { key: 'both', data: { float32: [1, 1] } },
      ];
      expect((await index.putVectors({ vectors })).error).toBeNull();
      const nearest = async (filter?: Record<string, unknown>): Promise<unknown> => {
        const queryVector = { float32: [1, 0.1] };
        const { data, error } = await index.queryVectors({ queryVector, topK: 5, ...(filter && { filter }) });
        return error ? error.message : data.vectors.map(({ key }) => key);
      };
      expect(await nearest()).toEqual(['east', 'both', 'north']);
      expect(await nearest({ lang: 'en', old: false })).toEqual(['east']);
      expect(await nearest({ year: { $gt: 2019, $lte: 2020 } })).toEqual(['east']);
      expect(await nearest({ $or: [{ lang: { $in: ['de'] } }, { lang: { $exists: false } }] })).toEqual([
        'both',
        'north',
      ]);
      expect(await nearest({ lang: { $ne: 'de' } })).toEqual(['east']);
      expect(await nearest({ lang: { $near: 1 } })).toBe('Unsupported field operator: $near');
      expect(await nearest({ year: { constructor: 1 } })).toBe('Unsupported field operator: constructor');
      let deep: Record<string, unknown> = { year: 2024 };
      for (let level = 0; level < 60; level += 1) deep = { $and: [deep] };
      expect(await nearest(deep)).toBe('Filter nests too deep');
      // What has no direction is near to nothing, wherever it stands.
      const nowhere = { key: 'a', data: { float32: [0, 1e-60] } };
      expect((await index.putVectors({ vectors: [nowhere] })).error).toBeNull();
      expect(await nearest()).toEqual(['east', 'both', 'north', 'a']);
      await index.deleteVectors({ keys: ['a'] });
      const vast = { key: 'a', data: { float32: [1e39, 0] }, metadata: {} };
      const refused = [{ ...vast }, { ...vast, data: { float32: [1, 0] }, metadata: { deep } }];
      for (const vector of refused)
        expect((await index.putVectors({ vectors: [vector] })).error).toMatchObject({ status: 400 });
      const far = await index.queryVectors({
        queryVector: { float32: [0, 1] },
        topK: 1,
        returnDistance: true,
      });
      expect(far.data).toEqual({ vectors: [{ key: 'north', distance: 0 }], distanceMetric: 'cosine' });
      const short = await index.queryVectors({ queryVector: { float32: [1] }, topK: 1 });
      expect(short.error?.message).toBe('expected 2 dimensions, not 1');

      const asked = { returnData: true, returnMetadata: true };
      expect((await index.getVectors({ keys: ['both', 'none'], ...asked })).data?.vectors).toEqual([
        { key: 'both', data: { float32: [1, 1] }, metadata: {} },
      ]);
      const first = await index.listVectors({ maxResults: 2 });
      expect(first.data).toEqual({ vectors: [{ key: 'both' }, { key: 'east' }], nextToken: 'east' });
      const segments = await Promise.all(
        [0, 1].map((segmentIndex) => index.listVectors({ segmentCount: 2, segmentIndex })),
      );
      expect(segments.flatMap(({ data }) => data?.vectors.map(({ key }) => key) ?? []).sort()).toEqual([
        'both',
        'east',
        'north',
      ]);
      await index.deleteVectors({ keys: ['both', 'east'] });
      expect(await nearest()).toEqual(['north']);
    });

    it('should be for the service role only', async () => {
      expect((await storage.anonymous.vectors.listBuckets()).error).toMatchObject({ status: 403 });
    });
  });
});
