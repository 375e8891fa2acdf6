import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { createReadStream } from 'node:fs';
import { filesOf } from './harness/files.ts';
import { rawRequest } from './harness/raw.request.ts';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

const NOT_FOUND = { status: 400, statusCode: '404', message: 'Object not found' };

describe('objects', () => {
  let storage: RunningStorage;
  let admin: RunningStorage['admin'];
  let bucket: string;
  let counter = 0;

  beforeAll(async () => {
    storage = await startStorage();
    admin = storage.admin;
  }, 60_000);
  afterAll(() => storage.stop());
  beforeEach(async () => {
    counter += 1;
    bucket = `bucket-${counter}`;
    await admin.createBucket(bucket, { public: true });
  });

  const text = async (path: string): Promise<string> => {
    const { data, error } = await admin.from(bucket).download(path);
    if (error) throw error;
    return data.text();
  };

  describe('upload', () => {
    it('should store raw bytes and tell id, path and full path', async () => {
      const { data, error } = await admin.from(bucket).upload('a/b.txt', Buffer.from('hello'));
      expect(error).toBeNull();
      expect(data).toEqual({ id: expect.any(String), path: 'a/b.txt', fullPath: `${bucket}/a/b.txt` });
      const download = await admin.from(bucket).download('a/b.txt');
      expect(download.data?.type).toBe('text/plain;charset=utf-8');
      await expect(download.data?.text()).resolves.toBe('hello');
    });

    it('should store blobs, forms, streams and nothing at all', async () => {
      const api = admin.from(bucket);
      const blob = await api.upload('blob', new Blob(['blob'], { type: 'image/png' }), {
        cacheControl: '60',
      });
      const form = new FormData();
      form.append('', new Blob(['form']), 'file.txt');
      const uploads = [
        blob,
        await api.upload('form', form),
        await api.upload('stream', createReadStream(import.meta.filename)),
        await api.upload('nothing', Buffer.alloc(0)),
      ];
      expect(uploads.map(({ error }) => error)).toEqual([null, null, null, null]);
      expect(await Promise.all(['blob', 'form', 'nothing'].map(text))).toEqual(['blob', 'form', '']);
      expect(await text('stream')).toContain('should store blobs, forms, streams');
      expect((await api.info('blob')).data).toMatchObject({
        contentType: 'image/png',
        cacheControl: 'max-age=60',
        size: 4,
      });
    });

    it('should read form fields that follow the file', async () => {
      const form = new FormData();
      form.append('file', new Blob(['bytes'], { type: 'text/css' }), 'a.css');
      form.append('cacheControl', '77');
      form.append('metadata', JSON.stringify({ from: 'behind' }));
      const response = await fetch(`${storage.url}/object/${bucket}/late.css`, {
        method: 'POST',
        body: form,
        headers: { authorization: `Bearer ${storage.supabase.serviceRoleKey}` },
      });
      expect(await response.json()).toEqual({ Id: expect.any(String), Key: `${bucket}/late.css` });
      expect((await admin.from(bucket).info('late.css')).data).toMatchObject({
        cacheControl: 'max-age=77',
        contentType: 'text/css',
        metadata: { from: 'behind' },
      });
    });

    it('should refuse a second object of a name, and replace it on request', async () => {
      const api = admin.from(bucket);
      await api.upload('one', 'first');
      expect((await api.upload('one', 'second')).error).toMatchObject({
        status: 400,
        statusCode: '409',
        message: 'The resource already exists',
      });
      expect(await text('one')).toBe('first');
      const replaced = await api.upload('one', 'second', { upsert: true });
      expect(replaced.error).toBeNull();
      expect(await text('one')).toBe('second');
      await api.update('one', 'third');
      expect(await text('one')).toBe('third');
    });

    it('should keep the id of a replaced object, and one file only', async () => {
      const api = admin.from(bucket);
      const before = await filesOf(storage);
      const first = await api.upload('kept', 'first');
      const second = await api.upload('kept', 'second', { upsert: true });
      expect(second.data?.id).toBe(first.data?.id);
      expect((await filesOf(storage)).length - before.length).toBe(1);
    });

    it('should keep the uploader’s own metadata', async () => {
      const metadata = { title: 'Ünïcode', nested: { deep: [1, 2] } };
      await admin.from(bucket).upload('raw', 'x', { metadata });
      await admin.from(bucket).upload('form', new Blob(['x']), { metadata });
      for (const path of ['raw', 'form']) {
        expect((await admin.from(bucket).info(path)).data?.metadata).toEqual(metadata);
      }
      await admin.from(bucket).upload('none', 'x');
      expect((await admin.from(bucket).info('none')).data?.metadata).toEqual({});
    });

    it('should refuse what is larger than the bucket allows, and leave nothing', async () => {
      await admin.createBucket(`${bucket}-small`, { public: false, fileSizeLimit: '1kb' });
      const before = await filesOf(storage);
      const small = admin.from(`${bucket}-small`);
      const bodies = [Buffer.alloc(1001), new Blob([Buffer.alloc(1001)]), streamOf(300_000)];
      for (const body of bodies) {
        expect((await small.upload('large', body)).error).toMatchObject({
          status: 400,
          statusCode: '413',
          message: 'The object exceeded the maximum allowed size',
        });
      }
      expect((await small.upload('exact', Buffer.alloc(1000))).error).toBeNull();
      expect((await small.list()).data?.map(({ name }) => name)).toEqual(['exact']);
      expect((await filesOf(storage)).length).toBe(before.length + 1);
    });

    it('should refuse a type that the bucket does not allow', async () => {
      await admin.createBucket(`${bucket}-types`, {
        public: false,
        allowedMimeTypes: ['image/*', 'text/plain'],
      });
      const typed = admin.from(`${bucket}-types`);
      expect((await typed.upload('a', 'x', { contentType: 'video/mp4' })).error).toMatchObject({
        status: 400,
        statusCode: '415',
        message: 'mime type video/mp4 is not supported',
      });
      expect((await typed.upload('b', new Blob(['x'], { type: 'font/ttf' }))).error).toMatchObject({
        statusCode: '415',
      });
      expect((await typed.upload('c', 'x', { contentType: 'image/webp' })).error).toBeNull();
      expect((await typed.upload('d', 'x')).error).toBeNull();
      expect(
        (await typed.upload('e/.emptyFolderPlaceholder', '', { contentType: 'video/mp4' })).error,
      ).toBeNull();
    });

    it('should refuse a bucket that is not there', async () => {
      expect((await admin.from('nowhere').upload('a', 'x')).error).toMatchObject({
        status: 400,
        statusCode: '404',
        message: 'Bucket not found',
      });
    });

    it.each([
      ['walking up', 'a/../../b'],
      ['walking up, encoded', 'a/%2e%2e/b'],
      ['an encoded slash that walks up', '..%2f..%2fetc%2fpasswd'],
      ['a NUL', 'a%00b'],
      ['a backslash', 'a%5c..%5cb'],
      ['a hash', 'a%23b'],
      ['a tilde', '~root'],
      ['a letter beyond ASCII', 'caf%C3%A9'],
      ['nothing', ''],
      ['1025 characters', 'x'.repeat(1025)],
    ])('should refuse a name with %s', async (_what, path) => {
      const before = await filesOf(storage);
      const { status, body } = await rawRequest(storage, 'POST', `/object/${bucket}/${path}`, 'bytes');
      expect(status).toBe(400);
      expect(body).toContain('Invalid key');
      expect(await filesOf(storage)).toEqual(before);
    });

    it('should keep every allowed character of a name', async () => {
      const name = `a!-_.*'() &$@=;:+,b/c d.txt`;
      expect((await admin.from(bucket).upload(name, 'odd')).error).toBeNull();
      expect(await text(name)).toBe('odd');
      const { data } = await admin.from(bucket).createSignedUrl(name, 60);
      expect(await (await fetch(data?.signedUrl ?? '')).text()).toBe('odd');
    });
  });

  describe('moving, copying, removing', () => {
    beforeEach(async () => {
      await admin.createBucket(`${bucket}-other`);
      await admin.from(bucket).upload('from.txt', 'bytes', { contentType: 'text/css', metadata: { own: 1 } });
    });

    it('should move within a bucket and to another one', async () => {
      const { id } = (await admin.from(bucket).info('from.txt')).data ?? {};
      expect((await admin.from(bucket).move('from.txt', 'x/to.txt')).data?.message).toBe(
        'Successfully moved',
      );
      expect((await admin.from(bucket).info('from.txt')).error).toMatchObject(NOT_FOUND);
      await admin.from(bucket).move('x/to.txt', 'far.txt', { destinationBucket: `${bucket}-other` });
      expect((await admin.from(`${bucket}-other`).info('far.txt')).data).toMatchObject({
        id,
        contentType: 'text/css',
        metadata: { own: 1 },
      });
      const far = await admin.from(`${bucket}-other`).download('far.txt');
      await expect(far.data?.text()).resolves.toBe('bytes');
    });

    it('should refuse to move what is not there, onto what is there, to where nothing can be', async () => {
      const api = admin.from(bucket);
      await api.upload('taken', 'x');
      expect((await api.move('nothing', 'a')).error).toMatchObject(NOT_FOUND);
      expect((await api.move('from.txt', 'taken')).error).toMatchObject({ statusCode: '409' });
      expect((await api.move('from.txt', '')).error).toMatchObject({ statusCode: '400' });
      expect((await api.move('from.txt', 'a', { destinationBucket: 'nowhere' })).error).toMatchObject({
        statusCode: '404',
      });
      expect(await text('from.txt')).toBe('bytes');
    });

    it('should copy within a bucket and to another one, and keep the copies apart', async () => {
      const api = admin.from(bucket);
      expect((await api.copy('from.txt', 'copy.txt')).data).toEqual({ path: `${bucket}/copy.txt` });
      const far = await api.copy('from.txt', 'far.txt', { destinationBucket: `${bucket}-other` });
      expect(far.data).toEqual({ path: `${bucket}-other/far.txt` });
      expect((await api.info('copy.txt')).data).toMatchObject({
        contentType: 'text/css',
        metadata: { own: 1 },
        size: 5,
      });
      await api.remove(['from.txt']);
      expect(await text('copy.txt')).toBe('bytes');
    });

    it('should copy without the metadata, and with other metadata', async () => {
      const copy = async (destinationKey: string, headers: object, body: object): Promise<unknown> => {
        const response = await fetch(`${storage.url}/object/copy`, {
          method: 'POST',
          headers: {
            authorization: `Bearer ${storage.supabase.serviceRoleKey}`,
            'content-type': 'application/json',
            ...headers,
          },
          body: JSON.stringify({ bucketId: bucket, sourceKey: 'from.txt', destinationKey, ...body }),
        });
        return response.json();
      };
      const bare = await copy('bare.txt', {}, { copyMetadata: false });
      expect(bare).toMatchObject({ name: 'bare.txt', user_metadata: null });
      const own = Buffer.from('{"new":true}').toString('base64');
      const metadata = { cacheControl: 'max-age=999', mimetype: 'image/gif' };
      const headers = { 'x-upsert': 'true', 'x-metadata': own };
      expect(await copy('from.txt', headers, { copyMetadata: false, metadata })).toMatchObject({
        Key: `${bucket}/from.txt`,
        name: 'from.txt',
        bucket_id: bucket,
        metadata: { cacheControl: 'max-age=999', mimetype: 'image/gif' },
        user_metadata: { new: true },
      });
      expect(await text('from.txt')).toBe('bytes');
    });

    it('should refuse to copy what is not there or onto what is there', async () => {
      const api = admin.from(bucket);
      await api.upload('taken', 'x');
      expect((await api.copy('nothing', 'a')).error).toMatchObject(NOT_FOUND);
      expect((await api.copy('from.txt', 'taken')).error).toMatchObject({ statusCode: '409' });
    });

    it('should remove one and many, and say which were there', async () => {
      const api = admin.from(bucket);
      await api.upload('a', 'x');
      const before = await filesOf(storage);
      const { data } = await api.remove(['a', 'from.txt', 'nothing']);
      expect(data?.map(({ name }) => name).sort()).toEqual(['a', 'from.txt']);
      expect(data?.[0]).toMatchObject({ bucket_id: bucket, id: expect.any(String) });
      expect(before.length - (await filesOf(storage)).length).toBe(2);
      const gone = await rawRequest(storage, 'DELETE', `/object/${bucket}/a`);
      expect(JSON.parse(gone.body)).toMatchObject({ statusCode: '404', error: 'not_found' });
    });
  });
});

function streamOf(size: number): ReadableStream<Uint8Array> {
  let left = size;
  return new ReadableStream({
    pull: (controller) => {
      if (left <= 0) controller.close();
      else controller.enqueue(new Uint8Array(Math.min(left, 50_000)));
      left -= 50_000;
    },
  });
}
