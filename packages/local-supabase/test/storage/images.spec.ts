import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import sharp from 'sharp';
import { jpeg } from './harness/images.ts';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

describe('image transformation', () => {
  let storage: RunningStorage;
  let open: ReturnType<RunningStorage['admin']['from']>;
  let closed: ReturnType<RunningStorage['admin']['from']>;

  beforeAll(async () => {
    storage = await startStorage();
    await storage.admin.createBucket('open', { public: true });
    await storage.admin.createBucket('closed');
    open = storage.admin.from('open');
    closed = storage.admin.from('closed');
    const photo = await jpeg(400, 200);
    await open.upload('photo.jpg', photo, { contentType: 'image/jpeg', cacheControl: '60' });
    await open.upload('text.txt', 'no image');
    await open.upload('huge.jpg', Buffer.alloc(25 * 1024 * 1024 + 1));
    // Stored under the wrong type, as clients do who name none.
    await closed.upload('photo.jpg', photo);
  }, 60_000);
  afterAll(() => storage.stop());

  const sizeOf = async (response: Response): Promise<unknown> => {
    const { width, height, format } = await sharp(Buffer.from(await response.arrayBuffer())).metadata();
    return { width, height, format };
  };

  it.each([
    [{ width: 100, height: 100 }, { width: 100, height: 100 }, 'height:100,width:100,resizing_type:fill'],
    [
      { width: 100, height: 100, resize: 'contain' as const },
      { width: 100, height: 50 },
      'height:100,width:100,resizing_type:fit',
    ],
    [
      { width: 100, height: 100, resize: 'fill' as const },
      { width: 100, height: 100 },
      'height:100,width:100,resizing_type:force',
    ],
    [{ width: 100 }, { width: 100, height: 50 }, 'width:100,resizing_type:fill'],
    [{ height: 50, quality: 20 }, { width: 100, height: 50 }, 'height:50,resizing_type:fill,quality:20'],
  ])('should transform a public image by %j', async (transform, size, header) => {
    const response = await fetch(open.getPublicUrl('photo.jpg', { transform }).data.publicUrl);
    expect(response.status).toBe(200);
    expect(response.headers.get('x-transformations')).toBe(header);
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('cache-control')).toBe('max-age=60');
    expect(Number(response.headers.get('content-length'))).toBeGreaterThan(0);
    expect(await sizeOf(response)).toEqual({ ...size, format: 'jpeg' });
  });

  it('should send a format that the browser accepts, or the original one on request', async () => {
    const headers = { accept: 'image/avif,image/webp,*/*' };
    const best = await fetch(open.getPublicUrl('photo.jpg', { transform: { width: 50 } }).data.publicUrl, {
      headers,
    });
    const origin = await fetch(
      open.getPublicUrl('photo.jpg', { transform: { width: 50, format: 'origin' } }).data.publicUrl,
      { headers },
    );
    expect([best.headers.get('content-type'), origin.headers.get('content-type')]).toEqual([
      'image/webp',
      'image/jpeg',
    ]);
  });

  it('should transform with a token', async () => {
    const { data, error } = await closed.download('photo.jpg', { transform: { width: 200, height: 200 } });
    expect(error).toBeNull();
    expect(data?.type).toBe('image/jpeg');
    expect(
      (await storage.anonymous.from('closed').download('photo.jpg', { transform: { width: 9 } })).error,
    ).not.toBeNull();
  });

  it('should transform as a signed URL says, and not otherwise', async () => {
    const { data } = await closed.createSignedUrl('photo.jpg', 60, {
      transform: { width: 200, height: 200, quality: 60 },
    });
    expect(data?.signedUrl).toContain('/render/image/sign/closed/photo.jpg?token=');
    const response = await fetch(`${data?.signedUrl ?? ''}&width=10`);
    expect(response.headers.get('x-transformations')).toBe(
      'height:200,width:200,resizing_type:fill,quality:60',
    );
    expect(await sizeOf(response)).toMatchObject({ width: 200, height: 200 });
  });

  it('should refuse what is no image, no number, or not there', async () => {
    const render = async (path: string): Promise<{ status: number; body: Record<string, string> }> => {
      const response = await fetch(`${storage.url}/render/image/public/open/${path}`);
      return { status: response.status, body: (await response.json()) as Record<string, string> };
    };
    expect(await render('text.txt?width=10')).toMatchObject({ status: 400, body: { statusCode: '422' } });
    expect(await render('huge.jpg?width=10')).toMatchObject({ status: 400, body: { statusCode: '422' } });
    expect(await render('photo.jpg?width=wide')).toMatchObject({ status: 400 });
    expect(await render('photo.jpg?quality=5')).toMatchObject({ status: 400 });
    expect(await render('nothing.jpg?width=10')).toMatchObject({ status: 400, body: { statusCode: '404' } });
  });

  it('should be off when the configuration says so', async () => {
    const off = await startStorage({ config: { storage: { image_transformation: { enabled: false } } } });
    try {
      await off.admin.createBucket('open', { public: true });
      await off.admin.from('open').upload('photo.jpg', await jpeg(10, 10));
      const response = await fetch(`${off.url}/render/image/public/open/photo.jpg?width=5`);
      expect(await response.json()).toMatchObject({ code: 'FeatureNotEnabled' });
      const { data } = await off.admin
        .from('open')
        .createSignedUrl('photo.jpg', 60, { transform: { width: 5 } });
      expect(data?.signedUrl).toContain('/object/sign/open/photo.jpg');
    } finally {
      await off.stop();
    }
  }, 60_000);
});
