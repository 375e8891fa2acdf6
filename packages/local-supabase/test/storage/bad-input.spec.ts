import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

/** Each is a way to send nonsense; none may be taken for a fault of the server. */
const REQUESTS: [method: string, path: string, body?: unknown][] = [
  ['GET', '/bucket/a%00b'],
  ['GET', '/bucket?limit=0'],
  ['GET', '/bucket?limit=1e300'],
  ['GET', '/bucket?offset=-1'],
  ['GET', '/bucket?sortColumn=owner'],
  ['GET', '/bucket?search=%00'],
  ['POST', '/bucket', {}],
  ['POST', '/bucket', 'no object'],
  ['POST', '/bucket', { name: 7, id: {} }],
  ['POST', '/bucket', { name: '' }],
  ['POST', '/bucket', { name: 'a', file_size_limit: -1 }],
  ['POST', '/bucket', { name: 'a', file_size_limit: 1e300 }],
  ['POST', '/bucket', { name: 'a', allowed_mime_types: [1, {}] }],
  ['POST', '/bucket', { name: 'a', public: 'perhaps' }],
  ['POST', '/bucket', '{"name": "a", "__proto__": {"public": true}}'],
  ['PUT', '/bucket/bad', { file_size_limit: '1 parsec' }],
  ['POST', '/object/list/bad', {}],
  ['POST', '/object/list/bad', { prefix: 'a\0b' }],
  ['POST', '/object/list/bad', { prefix: '', limit: 0 }],
  ['POST', '/object/list/bad', { prefix: '', sortBy: { column: 'id' } }],
  ['POST', '/object/list/..', { prefix: '' }],
  ['POST', '/object/list-v2/bad', { limit: -5 }],
  ['POST', '/object/list-v2/bad', { cursor: '\0' }],
  ['POST', '/object/list-v2/bad', { prefix: '\0' }],
  ['POST', '/object/sign/bad/a', {}],
  ['POST', '/object/sign/bad/a', { expiresIn: 'soon' }],
  ['POST', '/object/sign/bad/a', { expiresIn: 60, transform: { width: -1 } }],
  ['POST', '/object/sign/bad', { expiresIn: 60, paths: [] }],
  ['POST', '/object/move', { bucketId: 'bad', sourceKey: 'a' }],
  ['POST', '/object/move', { bucketId: 'bad', sourceKey: 'a\0', destinationKey: 'b' }],
  ['POST', '/object/copy', { bucketId: '../bad', sourceKey: 'a', destinationKey: 'b' }],
  ['DELETE', '/object/bad', {}],
  ['DELETE', '/object/bad', { prefixes: ['a\0'] }],
  ['DELETE', '/object/bad/a%00'],
  ['GET', '/object/bad/a%00'],
  ['GET', '/object/public/bad/..%2f..%2fetc%2fpasswd'],
  ['GET', '/object/sign/bad/a'],
  ['GET', '/object/sign/bad/a?token=a&token=b'],
  ['GET', '/object/%zz/a'],
  ['GET', '/render/image/public/bad/a?width=9e9'],
  ['GET', '/nothing/of/this'],
];

describe('bad input', () => {
  let storage: RunningStorage;

  beforeAll(async () => {
    storage = await startStorage();
    await storage.admin.createBucket('bad', { public: true });
  }, 60_000);
  afterAll(() => storage.stop());

  const send = async (
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; text: string }> => {
    const response = await fetch(`${storage.url}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${storage.supabase.serviceRoleKey}`,
        ...(body !== undefined && { 'content-type': 'application/json' }),
      },
      ...(body !== undefined && { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    return { status: response.status, text: await response.text() };
  };

  it.each(REQUESTS.map((request) => ({ request })))('should refuse $request', async ({ request }) => {
    const [method, path, body] = request;
    const { status, text } = await send(method, path, body);
    expect(status).toBeGreaterThanOrEqual(400);
    expect(status).toBeLessThan(500);
    expect(JSON.parse(text)).toMatchObject({ message: expect.any(String) });
    expect(text).not.toMatch(/node_modules|\.ts:|select |insert /);
  });

  it('should refuse metadata that no column takes, and keep nothing', async () => {
    const { error } = await storage.admin.from('bad').upload('nul', 'x', { metadata: { text: 'a\0b' } });
    expect(error).toMatchObject({ statusCode: '400' });
    expect((await storage.admin.from('bad').exists('nul')).data).toBe(false);
  });

  it('should serve rows whose metadata no header can carry', async () => {
    await storage.admin.from('bad').upload('header', 'bytes');
    await storage.pool.query(
      `update storage.objects set metadata = metadata || '{"mimetype": "a\\r\\nb", "cacheControl": 7, "lastModified": "never"}'
       where name = 'header'`,
    );
    const response = await fetch(`${storage.url}/object/public/bad/header`);
    expect([response.status, await response.text()]).toEqual([200, 'bytes']);
  });

  it('should refuse a form without a file, and a body that is no form', async () => {
    const form = new FormData();
    form.append('cacheControl', '1');
    const bodies = [form, new Blob(['x'], { type: 'multipart/form-data; boundary=none' })];
    for (const body of bodies) {
      const response = await fetch(`${storage.url}/object/bad/form`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${storage.supabase.serviceRoleKey}` },
      });
      expect([response.status, await response.json()]).toEqual([
        400,
        {
          statusCode: '400',
          error: 'InvalidRequest',
          message: 'No content provided',
          code: 'InvalidRequest',
        },
      ]);
    }
  });

  it('should find nothing wrong with any name that it takes, and refuse all others alike', async () => {
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }), async (name) => {
        const path = `/object/bad/fuzz/${encodeURIComponent(name)}`;
        const { status, text } = await send('PUT', path, { any: 'json' });
        if (status !== 200) {
          expect([status, text]).toEqual([400, expect.stringContaining('InvalidKey')]);
          return;
        }
        expect(await send('GET', path)).toEqual({ status: 200, text: '{"any":"json"}' });
      }),
      { numRuns: 60 },
    );
  }, 60_000);
});
