import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import { DetailedError, Upload, type UploadOptions } from 'tus-js-client';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

const OWNER = '317eadce-631a-4429-a0bb-f19a7a517b4a';

describe('resumable uploads', () => {
  let storage: RunningStorage;
  let api: ReturnType<RunningStorage['admin']['from']>;

  beforeAll(async () => {
    storage = await startStorage({
      sql: `create policy own on storage.objects for all to authenticated
              using ((storage.foldername(name))[1] = auth.uid()::text);`,
    });
    await storage.admin.createBucket('tus');
    await storage.admin.createBucket('small', {
      public: false,
      fileSizeLimit: 1000,
      allowedMimeTypes: ['text/plain'],
    });
    api = storage.admin.from('tus');
  }, 60_000);
  afterAll(() => storage.stop());

  const upload = (
    bytes: Buffer,
    metadata: Record<string, string>,
    options: UploadOptions = {},
  ): Promise<{ upload: Upload }> =>
    new Promise((resolve, reject) => {
      const task: Upload = new Upload(bytes, {
        endpoint: `${storage.url}/upload/resumable`,
        retryDelays: null,
        chunkSize: 300_000,
        storeFingerprintForResuming: false,
        metadata,
        ...options,
        headers: { authorization: `Bearer ${storage.supabase.serviceRoleKey}`, ...options.headers },
        onSuccess: () => resolve({ upload: task }),
        onError: reject,
      });
      task.start();
    });
  const statusOf = (error: unknown): { status: number | undefined; body: string | undefined } => {
    if (!(error instanceof DetailedError)) throw error;
    return { status: error.originalResponse?.getStatus(), body: error.originalResponse?.getBody() };
  };
  const refusal = (
    task: Promise<unknown>,
  ): Promise<{ status: number | undefined; body: string | undefined }> =>
    task.then(
      () => ({ status: 200, body: 'nothing was refused' }),
      (error: unknown) => statusOf(error),
    );

  it('should store what arrives in steps, with its metadata', async () => {
    const bytes = randomBytes(1_000_000);
    const { upload: task } = await upload(bytes, {
      bucketName: 'tus',
      objectName: 'dir/steps.bin',
      contentType: 'application/x-steps',
      cacheControl: '3600',
      metadata: JSON.stringify({ own: 'words' }),
    });
    expect(task.url).toMatch(new RegExp(`^${storage.url}/upload/resumable/[0-9a-f-]{36}$`));
    expect((await api.info('dir/steps.bin')).data).toMatchObject({
      size: 1_000_000,
      contentType: 'application/x-steps',
      cacheControl: 'max-age=3600',
      etag: `"${createHash('md5').update(bytes).digest('hex')}"`,
      metadata: { own: 'words' },
    });
    const { data } = await api.download('dir/steps.bin');
    expect(bytes.equals(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer(0)))).toBe(true);
    // Whoever lost the last answer asks again, and learns that nothing is missing.
    const asked = await fetch(task.url ?? '', {
      method: 'HEAD',
      headers: { authorization: `Bearer ${storage.supabase.serviceRoleKey}`, 'tus-resumable': '1.0.0' },
    });
    expect([asked.status, asked.headers.get('upload-offset')]).toEqual([200, '1000000']);
  });

  it('should store an empty file, and one that comes with its creation', async () => {
    await upload(Buffer.alloc(0), { bucketName: 'tus', objectName: 'empty' });
    await upload(
      Buffer.from('at once'),
      { bucketName: 'tus', objectName: 'once' },
      { uploadDataDuringCreation: true },
    );
    expect((await api.info('empty')).data?.size).toBe(0);
    await expect((await api.download('once')).data?.text()).resolves.toBe('at once');
  });

  it('should continue an upload that was broken off', async () => {
    const bytes = randomBytes(900_000);
    const metadata = { bucketName: 'tus', objectName: 'broken.bin' };
    const url = await new Promise<string>((resolve, reject) => {
      const task: Upload = new Upload(bytes, {
        endpoint: `${storage.url}/upload/resumable`,
        chunkSize: 300_000,
        retryDelays: null,
        storeFingerprintForResuming: false,
        headers: { authorization: `Bearer ${storage.supabase.serviceRoleKey}` },
        metadata,
        onChunkComplete: () => {
          void task.abort().then(() => resolve(task.url ?? ''));
        },
        onError: reject,
      });
      task.start();
    });
    expect((await api.exists('broken.bin')).data).toBe(false);
    await upload(bytes, metadata, { uploadUrl: url });
    const { data } = await api.download('broken.bin');
    expect(bytes.equals(Buffer.from((await data?.arrayBuffer()) ?? new ArrayBuffer(0)))).toBe(true);
  });

  it('should refuse a second object of a name, and replace it on request', async () => {
    const metadata = { bucketName: 'tus', objectName: 'twice' };
    await upload(Buffer.from('first'), metadata);
    expect(await refusal(upload(Buffer.from('second'), metadata))).toMatchObject({
      status: 409,
      body: 'The resource already exists',
    });
    await upload(Buffer.from('third'), metadata, { headers: { 'x-upsert': 'true' } });
    await expect((await api.download('twice')).data?.text()).resolves.toBe('third');
  });

  it('should ask the policies on each step', async () => {
    const user = { headers: { authorization: `Bearer ${await storage.tokenOf(OWNER)}` } };
    await upload(Buffer.from('mine'), { bucketName: 'tus', objectName: `${OWNER}/mine` }, user);
    const { rows } = await storage.pool.query(
      `select owner_id from storage.objects where name like '%/mine'`,
    );
    expect(rows).toEqual([{ owner_id: OWNER }]);
    expect(
      await refusal(upload(Buffer.from('x'), { bucketName: 'tus', objectName: 'theirs' }, user)),
    ).toMatchObject({
      status: 403,
      body: 'new row violates row-level security policy',
    });
    const created = await fetch(`${storage.url}/upload/resumable`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${storage.supabase.serviceRoleKey}`,
        'tus-resumable': '1.0.0',
        'upload-length': '1',
        'upload-metadata': `bucketName ${btoa('tus')},objectName ${btoa('admins')}`,
      },
    });
    expect(created.status).toBe(201);
    const stolen = await fetch(created.headers.get('location') ?? '', {
      method: 'PATCH',
      body: 'x',
      headers: {
        ...user.headers,
        'tus-resumable': '1.0.0',
        'upload-offset': '0',
        'content-type': 'application/offset+octet-stream',
      },
    });
    expect(stolen.status).toBe(403);
  });

  it.each([
    ['no metadata', {}, 400],
    ['a bucket that is not there', { bucketName: 'nowhere', objectName: 'a' }, 404],
    ['a bucket that walks up', { bucketName: '../tus', objectName: 'a' }, 400],
    ['a name that walks up', { bucketName: 'tus', objectName: '../../a' }, 400],
    ['a file above the limit', { bucketName: 'small', objectName: 'a', contentType: 'text/plain' }, 413],
  ])('should refuse %s', async (_what, metadata, status) => {
    expect((await refusal(upload(Buffer.alloc(1001), metadata))).status).toBe(status);
  });

  it('should refuse a type that the bucket does not allow', async () => {
    const metadata = { bucketName: 'small', objectName: 'a', contentType: 'image/png' };
    expect(await refusal(upload(Buffer.from('x'), metadata))).toMatchObject({ status: 415 });
  });

  it('should refuse more bytes than announced, and unknown uploads', async () => {
    const headers = {
      authorization: `Bearer ${storage.supabase.serviceRoleKey}`,
      'tus-resumable': '1.0.0',
      'upload-offset': '0',
      'content-type': 'application/offset+octet-stream',
    };
    for (const id of ['11111111-1111-4111-8111-111111111111', '..%2f..%2fdatabase', 'database']) {
      const response = await fetch(`${storage.url}/upload/resumable/${id}`, {
        method: 'PATCH',
        headers,
        body: 'x',
      });
      expect(response.status).toBe(404);
    }
    const response = await fetch(`${storage.url}/upload/resumable`, {
      method: 'POST',
      headers: { 'tus-resumable': '1.0.0' },
    });
    expect(await response.json()).toMatchObject({ statusCode: '403' });
  });

  it('should take uploads with a signed token', async () => {
    const { data } = await api.createSignedUploadUrl('signed.bin');
    const signed = {
      endpoint: `${storage.url}/upload/resumable/sign`,
      headers: { authorization: '', 'x-signature': data?.token ?? '' },
    };
    await upload(randomBytes(700_000), { bucketName: 'tus', objectName: 'signed.bin' }, signed);
    expect((await api.info('signed.bin')).data?.size).toBe(700_000);
    const other = await refusal(
      upload(Buffer.from('x'), { bucketName: 'tus', objectName: 'other.bin' }, signed),
    );
    expect(other).toEqual({ status: 400, body: 'Invalid signature' });
    const unsigned = { ...signed, headers: { authorization: '' } };
    const none = await refusal(
      upload(Buffer.from('x'), { bucketName: 'tus', objectName: 'signed.bin' }, unsigned),
    );
    expect(none).toEqual({ status: 400, body: 'Missing x-signature header' });
  });

  it('should give addresses at the door where a proxy was asked', async () => {
    const addressOf = async (port: string): Promise<string | null> => {
      const created = await fetch(`${storage.url}/upload/resumable`, {
        method: 'POST',
        headers: {
          authorization: `Bearer ${storage.supabase.serviceRoleKey}`,
          'tus-resumable': '1.0.0',
          'upload-length': '1',
          'upload-metadata': `bucketName ${btoa('tus')},objectName ${btoa('behind')}`,
          'x-forwarded-host': 'files.example',
          'x-forwarded-proto': 'https',
          'x-forwarded-port': port,
        },
      });
      return created.headers.get('location');
    };
    expect(await addressOf('8443')).toMatch(
      /^https:\/\/files\.example:8443\/storage\/v1\/upload\/resumable\//,
    );
    expect(await addressOf('443')).toMatch(/^https:\/\/files\.example\/storage\//);
  });

  it('should say what of the protocol it knows', async () => {
    const response = await fetch(`${storage.url}/upload/resumable`, { method: 'OPTIONS' });
    expect([response.status, response.headers.get('tus-version')]).toEqual([204, '1.0.0']);
    expect(response.headers.get('tus-extension')).toContain('creation-with-upload');
    expect(Number(response.headers.get('tus-max-size'))).toBeGreaterThan(1000);
  });

  it('should answer preflights', async () => {
    const response = await fetch(`${storage.url}/upload/resumable`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'tus-resumable,upload-length,x-upsert',
      },
    });
    expect(response.ok).toBe(true);
    expect(response.headers.get('access-control-allow-headers')).toContain('upload-length');
  });
});
