import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { SignJWT } from 'jose';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

describe('signed URLs', () => {
  let storage: RunningStorage;
  let api: ReturnType<RunningStorage['admin']['from']>;

  beforeAll(async () => {
    storage = await startStorage();
    await storage.admin.createBucket('private');
    api = storage.admin.from('private');
    await api.upload('a/b c.txt', 'signed bytes');
    await api.upload('other.txt', 'other bytes');
  }, 60_000);
  afterAll(() => storage.stop());

  const get = async (url: string): Promise<{ status: number; body: string; headers: Headers }> => {
    const response = await fetch(url);
    return { status: response.status, body: await response.text(), headers: response.headers };
  };
  const signed = async (path = 'a/b c.txt', expiresIn = 60): Promise<URL> => {
    const { data, error } = await api.createSignedUrl(path, expiresIn);
    if (error) throw error;
    return new URL(data.signedUrl);
  };
  const forged = (claims: Record<string, unknown>, secret = storage.supabase.jwtSecret): Promise<string> =>
    new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime('1h')
      .sign(new TextEncoder().encode(secret));

  it('should open one object to anyone, until it expires', async () => {
    const answer = await get((await signed()).href);
    expect(answer).toMatchObject({ status: 200, body: 'signed bytes' });
    expect(Date.parse(answer.headers.get('expires') ?? '')).toBeGreaterThan(Date.now());
    expect(answer.headers.get('cache-control')).toBeNull();
  });

  it('should offer it as a download', async () => {
    const { data } = await api.createSignedUrl('other.txt', 60, { download: 'name.txt' });
    const { headers } = await get(data?.signedUrl ?? '');
    expect(headers.get('content-disposition')).toBe(
      `attachment; filename=name.txt; filename*=UTF-8''name.txt`,
    );
  });

  it('should sign many, and say which are not there', async () => {
    const { data } = await api.createSignedUrls(['other.txt', 'nothing'], 60);
    expect(data).toEqual([
      {
        error: null,
        path: 'other.txt',
        signedURL: expect.any(String),
        signedUrl: expect.stringContaining('/object/sign/private/other.txt?token='),
      },
      {
        error: 'Either the object does not exist or you do not have access to it',
        path: 'nothing',
        signedURL: null,
        signedUrl: null,
      },
    ]);
    expect(await get(data?.[0]?.signedUrl ?? '')).toMatchObject({ body: 'other bytes' });
  });

  it('should refuse to sign what is not there, and times that are none', async () => {
    expect((await api.createSignedUrl('nothing', 60)).error).toMatchObject({
      statusCode: '404',
      message: 'Object not found',
    });
    for (const expiresIn of [0, -1, 1e300, 1.5]) {
      expect((await api.createSignedUrl('other.txt', expiresIn)).error).toMatchObject({ status: 400 });
    }
  });

  it('should refuse a token for another object, another bucket or another use', async () => {
    const url = await signed();
    const token = url.searchParams.get('token') ?? '';
    const upload = (await api.createSignedUploadUrl('new.txt')).data?.token ?? '';
    const refused = [
      `${storage.url}/object/sign/private/other.txt?token=${token}`,
      `${storage.url}/object/sign/elsewhere/a/b%20c.txt?token=${token}`,
      `${storage.url}/object/sign/private/new.txt?token=${upload}`,
    ];
    for (const address of refused) {
      expect(JSON.parse((await get(address)).body)).toMatchObject({
        error: 'InvalidSignature',
        statusCode: '400',
      });
    }
    const written = await fetch(`${storage.url}/object/upload/sign/private/a/b%20c.txt?token=${token}`, {
      method: 'PUT',
      body: 'x',
    });
    expect(await written.json()).toMatchObject({ error: 'InvalidSignature' });
    expect((await get(url.href)).body).toBe('signed bytes');
  });

  it('should refuse a token that was changed, forged, expired or left out', async () => {
    const url = await signed();
    const token = url.searchParams.get('token') ?? '';
    const claims = { scope: 'download', url: 'private/other.txt' };
    const [header, payload] = token.split('.');
    const bad = [
      `${header}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${token.split('.')[2]}`,
      `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`,
      await forged(claims, 'another-secret-of-at-least-32-characters'),
      storage.supabase.serviceRoleKey,
      'nonsense',
    ];
    for (const text of bad) {
      const answer = await get(`${storage.url}/object/sign/private/other.txt?token=${text}`);
      expect(answer.status).toBe(400);
      expect(answer.body).not.toContain('other bytes');
    }
    expect(await get(`${storage.url}/object/sign/private/other.txt`)).toMatchObject({ status: 400 });
    const expired = await new SignJWT(claims)
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(Date.now() / 1000) - 10)
      .sign(new TextEncoder().encode(storage.supabase.jwtSecret));
    const answer = await get(`${storage.url}/object/sign/private/other.txt?token=${expired}`);
    expect(JSON.parse(answer.body)).toMatchObject({
      error: 'InvalidJWT',
      message: '"exp" claim timestamp check failed',
    });
  });

  it('should not let a signed token act as a key', async () => {
    const token = (await signed()).searchParams.get('token') ?? '';
    const response = await fetch(`${storage.url}/bucket`, { headers: { authorization: `Bearer ${token}` } });
    expect(await response.json()).toEqual([]);
  });

  describe('for uploads', () => {
    it('should take one upload, of anyone', async () => {
      const { data } = await api.createSignedUploadUrl('up/one.txt');
      expect(data).toEqual({
        path: 'up/one.txt',
        token: expect.any(String),
        signedUrl: expect.stringContaining('/object/upload/sign/private/up/one.txt?token='),
      });
      const anonymous = storage.anonymous.from('private');
      const first = await anonymous.uploadToSignedUrl('up/one.txt', data?.token ?? '', 'first', {
        metadata: { by: 'url' },
      });
      expect(first.data).toMatchObject({ path: 'up/one.txt', fullPath: 'private/up/one.txt' });
      expect(
        (await anonymous.uploadToSignedUrl('up/one.txt', data?.token ?? '', 'second')).error,
      ).toMatchObject({
        status: 400,
        statusCode: '409',
        message: 'The resource already exists',
      });
      expect((await api.info('up/one.txt')).data).toMatchObject({ size: 5, metadata: { by: 'url' } });
    });

    it('should replace only when that was signed', async () => {
      await api.upload('up/two.txt', 'old');
      expect((await api.createSignedUploadUrl('up/two.txt')).error).toMatchObject({ statusCode: '409' });
      const { data } = await api.createSignedUploadUrl('up/two.txt', { upsert: true });
      const upload = await storage.anonymous
        .from('private')
        .uploadToSignedUrl('up/two.txt', data?.token ?? '', new Blob(['new']));
      expect(upload.error).toBeNull();
      await expect((await api.download('up/two.txt')).data?.text()).resolves.toBe('new');
    });

    it('should record who asked for the URL as owner', async () => {
      const sub = '317eadce-631a-4429-a0bb-f19a7a517b4a';
      await storage.pool.query(
        `create policy uploads on storage.objects for insert to authenticated with check (bucket_id = 'private')`,
      );
      const user = (await storage.user(sub)).from('private');
      const { data } = await user.createSignedUploadUrl('up/owned.txt');
      await storage.anonymous.from('private').uploadToSignedUrl('up/owned.txt', data?.token ?? '', 'x');
      const { rows } = await storage.pool.query(
        `select owner, owner_id from storage.objects where name = 'up/owned.txt'`,
      );
      expect(rows).toEqual([{ owner: sub, owner_id: sub }]);
    });

    it('should respect the limits of the bucket', async () => {
      await storage.admin.createBucket('limited', {
        public: false,
        fileSizeLimit: 3,
        allowedMimeTypes: ['text/plain'],
      });
      const limited = storage.admin.from('limited');
      const { data } = await limited.createSignedUploadUrl('a');
      expect((await limited.uploadToSignedUrl('a', data?.token ?? '', 'four')).error).toMatchObject({
        statusCode: '413',
      });
      const typed = await limited.uploadToSignedUrl('a', data?.token ?? '', 'abc', {
        contentType: 'image/png',
      });
      expect(typed.error).toMatchObject({ statusCode: '415' });
    });
  });
});
