import { randomUUID } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { SupabaseStorage } from '../../src/supabase/supabase-storage.service.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { itLocally } from '../harness/local-parts.js';

const bucketId = 'user-files';
const refusal = (kind: string): object => expect.objectContaining({ kind });

describe('SupabaseStorage', () => {
  let api: Api;
  let storage: SupabaseStorage;
  let authToken: string;
  let folder: string;

  beforeAll(async () => {
    api = await startApiFromSource();
    storage = api.app.get(SupabaseStorage, { strict: false });
    const { token, user } = await signUp(api.url);
    authToken = token ?? '';
    folder = user?.id ?? '';
  });
  afterAll(() => api.close());

  const own = (name: string = randomUUID()): string => `${folder}/${name}`;
  const stored = async (text = 'text'): Promise<string> => {
    const path = own();
    await storage.uploadFile({ bucketId, path, fileData: Buffer.from(text), authToken });
    return path;
  };
  const read = async (path: string): Promise<string> =>
    (await buffer((await storage.downloadFile({ bucketId, path, authToken })).stream)).toString();

  it('should make, show, change, empty and delete buckets, for administrators', async () => {
    const made = { bucketId: `b-${randomUUID()}` };
    expect(await storage.createBucket({ ...made, fileSizeLimit: 5 })).toMatchObject({
      id: made.bucketId,
      public: false,
      file_size_limit: 5,
    });
    expect(await storage.updateBucket({ ...made, public: true })).toMatchObject({
      public: true,
      file_size_limit: 5,
    });
    expect((await storage.listBucketsAsAdmin()).map(({ id }) => id)).toContain(made.bucketId);
    await storage.emptyBucket(made);
    await storage.deleteBucket(made);
    await expect(storage.getBucketAsAdmin(made)).rejects.toEqual(refusal('not_found'));
    await expect(storage.createBucket({ bucketId })).rejects.toEqual(refusal('conflict'));
    await expect(storage.updateBucket(made)).rejects.toEqual(refusal('not_found'));
    await expect(storage.emptyBucket(made)).rejects.toEqual(refusal('not_found'));
  });

  it('should delete only what is empty, and empty only for administrators', async () => {
    const made = { bucketId: `b-${randomUUID()}` };
    await storage.createBucket({ ...made, public: true });
    await sql(
      `create policy "${made.bucketId}" on storage.objects to authenticated using (bucket_id = '${made.bucketId}')`,
    );
    const file = { ...made, path: 'a b/c?.txt' };
    await storage.uploadFile({ ...file, fileData: Buffer.from('public'), authToken });
    const publicUrl = storage.getPublicUrl(file);
    expect(await (await fetch(publicUrl)).text()).toBe('public');

    await expect(storage.deleteBucket(made)).rejects.toEqual(refusal('conflict'));
    await expect(storage.emptyBucket({ ...made, authToken })).rejects.toEqual(refusal('not_found'));
    expect(await storage.listFiles({ ...made, path: 'a b', authToken })).toHaveLength(1);
    await storage.emptyBucket(made);
    expect(await storage.listFiles({ ...made, authToken })).toEqual([]);
    expect((await fetch(publicUrl)).status).toBe(400);
    await storage.deleteBucket(made);
  });

  it('should refuse a path that is none, and one among others, wherever there is a path', async () => {
    const path = own('../x');
    const [sourcePath, destinationPath] = [await stored(), path];
    const tries = [
      () => storage.uploadFile({ bucketId, path, fileData: Buffer.from('x'), authToken }),
      () => storage.downloadFile({ bucketId, path, authToken }),
      () => storage.listFiles({ bucketId, path, authToken }),
      () => storage.moveFile({ bucketId, sourcePath, destinationPath, authToken }),
      () => storage.copyFile({ bucketId, sourcePath, destinationPath, authToken }),
      () => storage.deleteFile({ bucketId, paths: [sourcePath, path], authToken }),
      () => storage.createSignedUrl({ bucketId, path, authToken }),
      () => storage.createSignedUrls({ bucketId, paths: [sourcePath, path], authToken }),
      () => storage.createSignedUploadUrl({ bucketId, path, authToken }),
    ];
    for (const attempt of tries) await expect(attempt()).rejects.toEqual(refusal('validation'));
    expect(() => storage.getPublicUrl({ bucketId, path })).toThrow(refusal('validation'));
    expect(() => storage.getPublicUrl({ bucketId: 'a/b', path: 'x' })).toThrow(refusal('validation'));
    expect(await read(sourcePath)).toBe('text');
  });

  it('should ask the policies about buckets when a user is named', async () => {
    expect((await storage.listBuckets({ authToken })).map(({ id }) => id)).toEqual([bucketId]);
    expect(await storage.getBucket({ bucketId, authToken })).toMatchObject({ id: bucketId });
    await expect(storage.getBucket({ bucketId })).rejects.toEqual(refusal('not_found'));
    const made = { bucketId: `b-${randomUUID()}` };
    await expect(storage.createBucket({ ...made, authToken })).rejects.toEqual(refusal('permission'));
    await storage.createBucket(made);
    await expect(storage.deleteBucket({ ...made, authToken })).rejects.toEqual(refusal('not_found'));
    await storage.deleteBucket(made);
    expect(await storage.listBuckets()).toEqual([]);
    await expect(storage.listBuckets({ authToken: 'no.token.x' })).rejects.toEqual(refusal('authentication'));
  });

  it('should upload and download, and refuse strangers', async () => {
    const path = await stored('mine');
    expect(await read(path)).toBe('mine');
    const fileData = Buffer.from('x');
    await expect(storage.uploadFile({ bucketId, path, fileData, authToken })).rejects.toEqual(
      refusal('conflict'),
    );
    await expect(storage.uploadFile({ bucketId, path: 'x', fileData, authToken })).rejects.toEqual(
      refusal('permission'),
    );
    await expect(storage.downloadFile({ bucketId, path })).rejects.toEqual(refusal('not_found'));
  });

  it('should list, move, copy and delete, and refuse strangers', async () => {
    const path = await stored();
    const [moved, copied] = [own('a/moved'), own('a/copied')];
    await storage.moveFile({ bucketId, sourcePath: path, destinationPath: moved, authToken });
    await storage.copyFile({ bucketId, sourcePath: moved, destinationPath: copied, authToken });
    const listing = { bucketId, path: own('a'), authToken };
    expect((await storage.listFiles(listing)).map(({ name }) => name)).toEqual(['copied', 'moved']);
    expect(await storage.listFiles({ ...listing, authToken: undefined })).toEqual([]);
    const transport = { bucketId, sourcePath: moved, destinationPath: copied };
    await expect(storage.moveFile(transport)).rejects.toEqual(refusal('not_found'));
    await expect(storage.copyFile({ ...transport, authToken })).rejects.toEqual(refusal('conflict'));
    expect(await storage.deleteFile({ bucketId, paths: moved })).toEqual([]);
    expect(await storage.deleteFile({ bucketId, paths: [moved, copied], authToken })).toHaveLength(2);
  });

  it('should sign URLs, and nothing that is not the caller’s', async () => {
    const path = await stored('signed');
    const { signedUrl } = await storage.createSignedUrl({ bucketId, path, authToken });
    expect(await (await fetch(String(signedUrl))).text()).toBe('signed');
    await expect(storage.createSignedUrl({ bucketId, path })).rejects.toEqual(refusal('not_found'));
    const many = await storage.createSignedUrls({ bucketId, paths: [path, own()], authToken });
    expect(many.map((one) => one.error === null)).toEqual([true, false]);
    await expect(storage.createSignedUploadUrl({ bucketId, path: own() })).rejects.toEqual(
      refusal('permission'),
    );
    expect(await (await fetch(storage.getPublicUrl({ bucketId, path }))).json()).toHaveProperty('error');
  });

  itLocally('should upload by a signed URL, and by none that was changed or has expired', async () => {
    const path = own();
    const { signedUrl, token } = await storage.createSignedUploadUrl({ bucketId, path, authToken });
    const upload = (url: string): Promise<unknown> =>
      storage.uploadToSignedUrl({ signedUrl: url, fileData: Buffer.from('by URL') });
    const claims = jwt.decode(token) as Record<string, unknown>;
    const expired = jwt.sign({ ...claims, exp: 1_000_000_000 }, supabaseUnderTest().jwtSecret);
    for (const changed of [
      signedUrl.replace(path, own()),
      signedUrl.replace(token, `${token.slice(0, -6)}AAAAAA`),
      signedUrl.replace(token, expired),
      signedUrl.replace(token, authToken),
    ]) {
      await expect(upload(changed)).rejects.toEqual(refusal('permission'));
    }
    await expect(upload(signedUrl.replace('127.0.0.1', 'localhost'))).rejects.toEqual(refusal('validation'));
    await expect(read(path)).rejects.toEqual(refusal('not_found'));
    expect(await upload(signedUrl)).toEqual({ fullPath: `${bucketId}/${path}` });
    expect(await read(path)).toBe('by URL');
    await expect(upload(signedUrl)).rejects.toEqual(refusal('conflict'));
  });
});
