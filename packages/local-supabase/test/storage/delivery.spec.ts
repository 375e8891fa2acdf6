import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

describe('delivery', () => {
  let storage: RunningStorage;
  let url: string;

  beforeAll(async () => {
    storage = await startStorage();
    await storage.admin.createBucket('open', { public: true });
    const api = storage.admin.from('open');
    await api.upload('digits.txt', '0123456789', { contentType: 'text/plain', cacheControl: '60' });
    await api.upload('empty.txt', '');
    url = api.getPublicUrl('digits.txt').data.publicUrl;
  }, 60_000);
  afterAll(() => storage.stop());

  const get = async (
    headers: Record<string, string> = {},
    method = 'GET',
  ): Promise<{ status: number; body: string; headers: Record<string, string> }> => {
    const response = await fetch(url, { method, headers });
    return {
      status: response.status,
      body: await response.text(),
      headers: Object.fromEntries(response.headers),
    };
  };

  it('should describe what it sends', async () => {
    const answer = await get();
    expect(answer).toMatchObject({ status: 200, body: '0123456789' });
    expect(answer.headers).toMatchObject({
      'accept-ranges': 'bytes',
      'content-type': 'text/plain',
      'content-length': '10',
      'cache-control': 'max-age=60',
      etag: '"781e5e245d69b566979b86e28d23f2c7"',
      'last-modified': expect.stringMatching(/GMT$/),
    });
  });

  it('should send the same headers and no bytes for HEAD', async () => {
    const answer = await get({}, 'HEAD');
    expect(answer).toMatchObject({ status: 200, body: '' });
    expect(answer.headers).toMatchObject({ 'content-length': '10', etag: expect.any(String) });
  });

  it.each([
    ['bytes=0-3', '0123', 'bytes 0-3/10'],
    ['bytes=7-', '789', 'bytes 7-9/10'],
    ['bytes=-2', '89', 'bytes 8-9/10'],
    ['bytes=-20', '0123456789', 'bytes 0-9/10'],
    ['bytes=5-500', '56789', 'bytes 5-9/10'],
    ['BYTES=1-1', '1', 'bytes 1-1/10'],
  ])('should send the range %s', async (range, body, contentRange) => {
    const answer = await get({ range });
    expect(answer).toMatchObject({ status: 206, body });
    expect(answer.headers).toMatchObject({
      'content-range': contentRange,
      'content-length': String(body.length),
    });
  });

  it.each(['bytes=3-1', 'bytes=0-1,4-5', 'lines=0-1', 'bytes=-', 'nonsense'])(
    'should send the whole for the range %s',
    async (range) => {
      expect(await get({ range })).toMatchObject({ status: 200, body: '0123456789' });
    },
  );

  it.each(['bytes=10-', 'bytes=-0', 'bytes=99-100'])('should refuse the range %s', async (range) => {
    const answer = await get({ range });
    expect(answer.status).toBe(416);
    expect(answer.headers['content-range']).toBe('bytes */10');
    expect(JSON.parse(answer.body)).toMatchObject({ statusCode: '416', code: 'InvalidRange' });
  });

  it('should send nothing that the client has already', async () => {
    const { headers } = await get();
    const { etag = '', 'last-modified': modified = '' } = headers;
    const past = new Date(Date.parse(modified) - 1000).toUTCString();
    const statuses = [
      await get({ 'if-none-match': etag }),
      await get({ 'if-none-match': `"other", W/${etag}` }),
      await get({ 'if-none-match': '*' }),
      await get({ 'if-modified-since': modified }),
      await get({ 'if-none-match': '"other"', 'if-modified-since': modified }),
      await get({ 'if-modified-since': past }),
      await get({ 'if-modified-since': 'nonsense' }),
    ];
    expect(statuses.map(({ status }) => status)).toEqual([304, 304, 304, 304, 200, 200, 200]);
    expect(statuses[0]).toMatchObject({ body: '', headers: expect.objectContaining({ etag }) });
  });

  it('should continue only the version that the client began with', async () => {
    const { headers } = await get();
    const same = await get({ range: 'bytes=0-1', 'if-range': headers.etag ?? '' });
    const other = await get({ range: 'bytes=0-1', 'if-range': '"other"' });
    expect([same.status, other.status]).toEqual([206, 200]);
  });

  it('should send an empty object', async () => {
    const response = await fetch(storage.admin.from('open').getPublicUrl('empty.txt').data.publicUrl);
    expect(response.status).toBe(200);
    expect(response.headers.get('content-length')).toBe('0');
    expect(await response.text()).toBe('');
  });

  it('should finish a download of what is replaced and removed meanwhile', async () => {
    const api = storage.admin.from('open');
    const old = 'o'.repeat(8_000_000);
    await api.upload('busy', Buffer.from(old));
    const response = await fetch(api.getPublicUrl('busy').data.publicUrl);
    await api.upload('busy', 'new', { upsert: true });
    await api.remove(['busy']);
    expect((await response.text()) === old).toBe(true);
  });

  it('should tell crawlers what the uploader says, and nothing good otherwise', async () => {
    const api = storage.admin.from('open');
    const put = async (path: string, tag: string): Promise<unknown> => {
      const response = await fetch(`${storage.url}/object/open/${path}`, {
        method: 'PUT',
        body: 'x',
        headers: { authorization: `Bearer ${storage.supabase.serviceRoleKey}`, 'x-robots-tag': tag },
      });
      return response.ok ? undefined : response.json();
    };
    const told = async (path: string): Promise<string | null> =>
      (await fetch(api.getPublicUrl(path).data.publicUrl)).headers.get('x-robots-tag');
    await api.upload('silent', 'x');
    await put('said', 'max-snippet: 10, notranslate');
    const before = [await told('silent'), await told('said')];
    await put('said', 'googlebot: nofollow');
    await api.copy('said', 'copied');
    expect([...before, await told('said'), await told('copied')]).toEqual([
      ...['none', 'max-snippet: 10, notranslate', 'googlebot: nofollow', 'googlebot: nofollow'],
    ]);
    expect(await put('said', 'invalidrule')).toEqual({
      statusCode: '400',
      error: 'invalid_x_robots_tag',
      code: 'InvalidRequest',
      message: 'Invalid X-Robots-Tag header: Invalid X-Robots-Tag rule: "invalidrule"',
    });
  });

  describe('of objects', () => {
    const bucket = 'read';
    let admin: RunningStorage['admin'];
    beforeAll(async () => {
      admin = storage.admin;
      await admin.createBucket(bucket, { public: true });
    });

    it('should tell what it knows', async () => {
      await admin
        .from(bucket)
        .upload('dir/info.txt', 'twelve bytes', { contentType: 'text/plain', cacheControl: '120' });
      const { data } = await admin.from(bucket).info('dir/info.txt');
      expect(data).toEqual({
        id: expect.any(String),
        name: 'dir/info.txt',
        version: expect.any(String),
        bucketId: bucket,
        size: 12,
        contentType: 'text/plain',
        cacheControl: 'max-age=120',
        etag: expect.stringMatching(/^"[0-9a-f]{32}"$/),
        metadata: {},
        lastModified: expect.any(String),
        createdAt: expect.any(String),
      });
      expect((await admin.from(bucket).info('dir/other')).error).toMatchObject({
        status: 400,
        statusCode: '404',
        message: 'Object not found',
      });
    });

    it('should tell whether an object exists', async () => {
      await admin.from(bucket).upload('here', 'x');
      expect((await admin.from(bucket).exists('here')).data).toBe(true);
      expect((await admin.from(bucket).exists('there')).data).toBe(false);
    });

    it('should serve public objects to anyone, private ones to nobody without a token', async () => {
      await admin.createBucket(`${bucket}-private`);
      await admin.from(bucket).upload('p.txt', 'public');
      await admin.from(`${bucket}-private`).upload('p.txt', 'private');
      const open = await fetch(admin.from(bucket).getPublicUrl('p.txt').data.publicUrl);
      expect([open.status, await open.text()]).toEqual([200, 'public']);
      for (const door of [
        'object/public',
        'object',
        'object/authenticated',
        'object/info/public',
        'render/image/public',
      ]) {
        const closed = await fetch(`${storage.url}/${door}/${bucket}-private/p.txt`);
        expect(closed.status).toBe(400);
        expect(await closed.text()).not.toContain('private"');
      }
      expect((await fetch(`${storage.url}/object/${bucket}/p.txt`)).status).toBe(200);
    });

    it('should offer a download under a name', async () => {
      await admin.from(bucket).upload('d.txt', 'x');
      const url = (download: string | true): string =>
        admin.from(bucket).getPublicUrl('d.txt', { download }).data.publicUrl;
      const disposition = async (address: string): Promise<string | null> =>
        (await fetch(address)).headers.get('content-disposition');
      expect(await disposition(url(true))).toBe('attachment;');
      expect(await disposition(url('töp ".txt'))).toBe(
        `attachment; filename="t_p _.txt"; filename*=UTF-8''t%C3%B6p%20%22.txt`,
      );
    });

    it('should serve pages as text', async () => {
      await admin.from(bucket).upload('page.html', '<script></script>', { contentType: 'text/html' });
      const response = await fetch(admin.from(bucket).getPublicUrl('page.html').data.publicUrl);
      expect(response.headers.get('content-type')).toBe('text/plain');
    });

    it('should say that bytes are missing when a row was inserted by SQL', async () => {
      await storage.pool.query(
        `insert into storage.objects (bucket_id, name) values ($1, 'bare'), ($1, 'evil')`,
        [bucket],
      );
      await storage.pool.query(
        `update storage.objects set version = '../../../../etc/passwd' where name = 'evil'`,
      );
      for (const name of ['bare', 'evil']) {
        const response = await fetch(`${storage.url}/object/public/${bucket}/${name}`);
        expect(response.status).toBe(400);
        expect(await response.json()).toMatchObject({ statusCode: '404', error: 'Not found' });
      }
    });
  });
});
