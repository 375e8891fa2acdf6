import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { SupabaseConfig } from '../platform/config/config.js';
import { OBJECT_PATH, pathFault } from './storage-names.js';
import { SupabaseClients } from './supabase-clients.service.js';
import { SupabaseStorage } from './supabase-storage.service.js';

const KEY = 'sb_publishable_0123456789';
const SECRET = 'sb_secret_0123456789';
const USER = { authToken: 'user.token.x', address: '10.0.0.1' };
/** Resolves as soon as the condition holds. */
async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await new Promise((resolve) => setImmediate(resolve));
}

const BUCKET = { id: 'b', name: 'b', public: false, created_at: 'then', updated_at: 'now' };

type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('SupabaseStorage', () => {
  let server: Server;
  let url: string;
  let handle: Handler;
  let received: { method?: string; url?: string; headers: IncomingMessage['headers']; body: string }[];
  let storage: SupabaseStorage;
  let impatient: SupabaseStorage;

  const waiting = (timeoutMs: number): SupabaseStorage =>
    new SupabaseStorage(
      new SupabaseClients(
        new SupabaseConfig(url, KEY, SECRET, undefined, `${url}/auth/v1`, timeoutMs, timeoutMs),
      ),
    );

  const answer =
    (status: number, body: unknown): Handler =>
    (_request, response) => {
      response.writeHead(status, { 'content-type': 'application/json' });
      response.end(typeof body === 'string' ? body : JSON.stringify(body));
    };
  const refusal = (status: number, message: string, code = 'X'): Handler =>
    answer(400, { statusCode: String(status), error: 'x', message, code });

  beforeAll(async () => {
    server = createServer((request, response) => {
      const entry = { method: request.method, url: request.url, headers: request.headers, body: '' };
      received.push(entry);
      request.on('data', (piece: Buffer) => (entry.body += piece.toString().slice(0, 1_000)));
      request.on('error', () => undefined);
      handle(request, response);
    });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    storage = waiting(10_000);
    impatient = waiting(300);
  });
  beforeEach(() => {
    received = [];
    handle = answer(200, {});
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  it('should administer buckets with the secret key, and with a user when one is named', async () => {
    handle = answer(200, BUCKET);
    await storage.createBucket({ bucketId: 'b' });
    expect(received[0]).toMatchObject({
      method: 'POST',
      url: '/storage/v1/bucket',
      headers: { apikey: SECRET },
    });
    expect(received.map(({ headers }) => [headers.apikey, headers.authorization])).toEqual([
      [SECRET, undefined],
      [SECRET, undefined],
    ]);
    await storage.emptyBucket({ bucketId: 'b', ...USER });
    await storage.deleteBucket({ bucketId: 'b', ...USER });
    for (const { headers } of received.slice(2)) {
      expect(headers).toMatchObject({ apikey: KEY, authorization: 'Bearer user.token.x' });
    }
  });

  it('should never act with the secret key on objects, and send the address along', async () => {
    handle = answer(200, []);
    await storage.listFiles({ bucketId: 'b' });
    expect(received[0]?.headers.apikey).toBe(KEY);
    expect(received[0]?.headers.authorization).toBeUndefined();
    await storage.listFiles({ bucketId: 'b', ...USER });
    expect(received[1]?.headers).toMatchObject({
      authorization: 'Bearer user.token.x',
      'sb-forwarded-for': '10.0.0.1',
    });
  });

  it.each([
    [401, 'authentication'],
    [403, 'permission'],
    [404, 'not_found'],
    [409, 'conflict'],
    [413, 'payload_too_large'],
    [415, 'unsupported_media_type'],
    [416, 'range_not_satisfiable'],
    [423, 'conflict'],
    [429, 'rate_limited'],
    [500, 'unavailable'],
    [544, 'unavailable'],
  ])('should map %i to %s', async (status, kind) => {
    handle = refusal(status, 'The reason');
    await expect(storage.getBucket({ bucketId: 'b', ...USER })).rejects.toMatchObject({ kind });
  });

  it('should keep the reason as the detail', async () => {
    handle = refusal(409, 'The resource already exists');
    await expect(
      storage.uploadFile({ bucketId: 'b', path: 'x', fileData: Buffer.from('x'), ...USER }),
    ).rejects.toMatchObject({ kind: 'conflict', detail: 'The resource already exists' });
  });

  it.each([
    'jwt expired',
    '"exp" claim timestamp check failed',
    'signature verification failed',
    'Invalid Compact JWS',
    'Invalid Token or Protected Header formatting',
    'no applicable key found in the JSON Web Key Set',
  ])('should call a token dead of which Supabase says: %s', async (message) => {
    handle = refusal(403, message, 'AccessDenied');
    await expect(storage.listBuckets(USER)).rejects.toMatchObject({ kind: 'authentication' });
  });

  it('should blame nobody for a key of ours that the gateway does not take', async () => {
    handle = answer(401, { message: 'Invalid API key', hint: 'Double check your API key.' });
    await expect(storage.listBuckets(USER)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it('should not take a name for a token', async () => {
    handle = refusal(400, 'Invalid key: ü jwt.txt', 'InvalidKey');
    await expect(storage.getBucket({ bucketId: 'b', ...USER })).rejects.toMatchObject({
      kind: 'validation',
      detail: 'Invalid key: ü jwt.txt',
    });
  });

  it.each(['not json', '{"hello": ["world"]}', 'null'])('should call %s nonsense', async (text) => {
    handle = answer(200, text);
    await expect(storage.listBuckets(USER)).rejects.toMatchObject({ kind: 'unavailable' });
  });

  it.each<[string, typeof handle]>([
    ['is silent', () => undefined],
    [
      'says one byte after the other',
      (_request, response) => {
        response.writeHead(400);
        const timer = setInterval(() => response.write(' '), 50);
        response.once('close', () => clearInterval(timer));
      },
    ],
    [
      'speaks something else',
      ({ socket }) =>
        socket.end('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n'),
    ],
  ])('should tell in time that Supabase %s', async (_, behaviour) => {
    handle = behaviour;
    const fileData = Readable.from([Buffer.from('x')]);
    await expect(impatient.uploadFile({ bucketId: 'b', path: 'x', fileData, ...USER })).rejects.toMatchObject(
      { kind: 'unavailable' },
    );
    await expect(impatient.downloadFile({ bucketId: 'b', path: 'x', ...USER })).rejects.toMatchObject({
      kind: 'unavailable',
    });
  });

  describe('uploadToSignedUrl', () => {
    const upload = (signedUrl: string): Promise<unknown> =>
      storage.uploadToSignedUrl({ signedUrl, fileData: Buffer.from('x'), contentType: 'text/plain' });

    it('should put the file there, without any key or token', async () => {
      handle = answer(200, { Key: 'b/x' });
      await expect(upload(`${url}/storage/v1/object/upload/sign/b/x?token=t`)).resolves.toEqual({
        fullPath: 'b/x',
      });
      expect(received[0]).toMatchObject({
        method: 'PUT',
        url: '/storage/v1/object/upload/sign/b/x?token=t',
        body: 'x',
      });
      expect(received[0]?.headers).not.toHaveProperty('authorization');
      expect(received[0]?.headers).not.toHaveProperty('apikey');
    });

    it('should refuse one that was changed', async () => {
      handle = refusal(400, 'signature verification failed', 'InvalidJWT');
      await expect(upload(`${url}/storage/v1/object/upload/sign/b/x?token=t`)).rejects.toMatchObject({
        kind: 'permission',
      });
    });

    it.each([
      () => 'http://127.0.0.1:1/storage/v1/object/upload/sign/b/x?token=t',
      () => `${url}.example.com/storage/v1/object/upload/sign/b/x?token=t`,
      () => url.replace('http://', 'http://user:pass@') + '/storage/v1/object/upload/sign/b/x?token=t',
      () => `${url}@example.com/storage/v1/object/upload/sign/b/x?token=t`,
      () => `${url}/storage/v1/object/upload/sign/../../../bucket?token=t`,
      () => `${url}/storage/v1/object/upload/sign/%2e%2e/%2e%2e/b?token=t`,
      () => `${url}/storage/v1/object/upload/sign/..%2f..%2f..%2fbucket?token=t`,
      () => `${url}/storage/v1/object/b/x?token=t`,
      () => `${url}/storage/v1/object/upload/sign/b/x`,
      () => url.replace('http:', 'ftp:') + '/storage/v1/object/upload/sign/b/x?token=t',
      () => '/object/upload/sign/b/x?token=t',
      () => '',
    ])('should make no request for a URL that is not ours (%#)', async (make) => {
      await expect(upload(make())).rejects.toMatchObject({ kind: 'validation' });
      expect(received).toEqual([]);
    });
  });

  describe('names', () => {
    it.each(['..', '.', 'a/b', '', 'x'.repeat(101), 'a?b/..', 'a\0'])(
      'should make no request for the bucket %j',
      async (bucketId) => {
        await expect(storage.getBucket({ bucketId })).rejects.toMatchObject({ kind: 'validation' });
        expect(received).toEqual([]);
      },
    );

    it('should be described in a schema as they are checked', () => {
      const pattern = new RegExp(OBJECT_PATH.pattern, 'u');
      const names = fc.string({ unit: fc.constantFrom('.', '/', 'a', '\\', '\n', '\u007f', ' ', 'ä', '😀') });
      fc.assert(fc.property(names, (path) => pattern.test(path) === (pathFault(path) === undefined)));
    });

    it('should reach exactly the object that is named, or refuse the name', async () => {
      handle = (_request, response) => response.end('x');
      await fc.assert(
        fc.asyncProperty(fc.string({ unit: 'binary', minLength: 1, maxLength: 30 }), async (path) => {
          received = [];
          if (pathFault(path) !== undefined) {
            await expect(storage.downloadFile({ bucketId: 'b', path })).rejects.toMatchObject({
              kind: 'validation',
            });
            expect(received).toEqual([]);
            return;
          }
          (await storage.downloadFile({ bucketId: 'b', path })).stream.resume();
          const segments = received[0]?.url?.slice('/storage/v1/object/b/'.length).split('/') ?? [];
          expect(segments.map(decodeURIComponent).join('/')).toBe(path);
        }),
        { numRuns: 200 },
      );
    });
  });

  describe('streams', () => {
    it('should break the upload off when its source does', async () => {
      const closed = new Promise<boolean>((resolve) => {
        handle = (request) => request.on('close', () => resolve(request.complete));
      });
      const source = new PassThrough();
      const upload = storage.uploadFile({ bucketId: 'b', path: 'x', fileData: source, ...USER });
      source.write('half');
      await until(() => received.length === 1);
      source.destroy();
      await expect(upload).rejects.toMatchObject({ kind: 'validation' });
      expect(await closed).toBe(false);
    });

    it('should not take faster than Supabase does', async () => {
      handle = (request) => request.pause();
      let taken = 0;
      const source = new Readable({
        read() {
          taken += 65_536;
          this.push(Buffer.alloc(65_536));
        },
      });
      // Supabase never reads: after the timeout it is Supabase that was silent.
      await expect(
        impatient.uploadFile({ bucketId: 'b', path: 'x', fileData: source, ...USER }),
      ).rejects.toMatchObject({ kind: 'unavailable' });
      const takenThen = taken;
      expect(takenThen).toBeLessThan(64 * 1_024 * 1_024);
      // Nor is the rest read into nothing: it is its owner's.
      await new Promise((resolve) => setImmediate(resolve));
      expect(taken).toBe(takenThen);
      source.destroy();
    });

    it('should stop sending what Supabase has refused already', async () => {
      handle = refusal(413, 'The object exceeded the maximum allowed size');
      const source = new PassThrough();
      source.write('first');
      await expect(
        storage.uploadFile({ bucketId: 'b', path: 'x', fileData: source, ...USER }),
      ).rejects.toMatchObject({ kind: 'payload_too_large' });
      source.end('the rest is nobody’s');
    });

    it('should end the download at Supabase when its reader goes away', async () => {
      const closed = new Promise<void>((resolve) => {
        handle = (_request, response) => {
          response.on('close', resolve);
          response.writeHead(200, { 'content-length': '1000' });
          response.write('x');
        };
      });
      const { stream } = await storage.downloadFile({ bucketId: 'b', path: 'x', ...USER });
      stream.destroy();
      await closed;
      expect(stream.destroyed).toBe(true);
    });

    it('should fail a download that breaks off', async () => {
      handle = (_request, response) => {
        response.writeHead(200, { 'content-length': '1000' });
        response.write('x', () => response.destroy());
      };
      const { stream } = await storage.downloadFile({ bucketId: 'b', path: 'x', ...USER });
      await expect(stream.toArray()).rejects.toThrow();
    });
  });
});
