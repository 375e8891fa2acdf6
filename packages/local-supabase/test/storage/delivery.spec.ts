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
});
