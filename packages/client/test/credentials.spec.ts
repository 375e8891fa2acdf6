import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import fastifyCookie from '@fastify/cookie';
import fastifySession from '@fastify/session';
import session from 'express-session';
import fastify from 'fastify';
import { credentialsConformance } from '../src/credentials/conformance.ts';
import { DamagedCredentialsFileError } from '../src/credentials/credentials-file.ts';
import type { CredentialsManager } from '../src/credentials/credentials.types.ts';
import { encrypted, SealedCredentialsError } from '../src/credentials/encrypted.manager.ts';
import { JsonCredentialsManager } from '../src/credentials/json.manager.ts';
import { LocalStorageCredentialsManager } from '../src/credentials/local-storage.manager.ts';
import { MemoryCredentialsManager } from '../src/credentials/memory.manager.ts';
import { RedisCredentialsManager } from '../src/credentials/redis.manager.ts';
import { WebSessionCredentialsManager } from '../src/credentials/web-session.manager.ts';
import { startRedis, type RedisUnderTest } from '../../../test/harness/redis.ts';
import { StorageInMemory } from './storage-in-memory.ts';

const TOKENS = { accessToken: 'an-access-token', refreshToken: 'a-refresh-token' };
const KEY = randomBytes(32);

let folder: string;
let redis: RedisUnderTest;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'supanest-credentials-'));
  redis = await startRedis();
});
afterAll(async () => {
  await redis.close();
  await rm(folder, { recursive: true });
});

const newFile = (): string => join(folder, 'files', randomUUID(), 'credentials.json');

const managers: [string, () => CredentialsManager][] = [
  ['MemoryCredentialsManager', () => new MemoryCredentialsManager()],
  ['JsonCredentialsManager in a file', () => new JsonCredentialsManager({ file: newFile() })],
  [
    'JsonCredentialsManager in a folder',
    () => new JsonCredentialsManager({ folder: join(folder, 'folder') }),
  ],
  ['RedisCredentialsManager on ioredis', () => new RedisCredentialsManager(redis.client)],
  [
    'RedisCredentialsManager on a client with sendCommand',
    () =>
      new RedisCredentialsManager({
        sendCommand: ([command = '', ...args]) => redis.client.call(command, ...args),
      }),
  ],
  ['WebSessionCredentialsManager', () => new WebSessionCredentialsManager({})],
  [
    'WebSessionCredentialsManager on accessors',
    () => {
      const values = new Map<string, unknown>();
      return new WebSessionCredentialsManager({
        get: (name: string) => values.get(name),
        set: (name: string, value: unknown) => void values.set(name, JSON.parse(JSON.stringify(value))),
      });
    },
  ],
  [
    'LocalStorageCredentialsManager',
    () => new LocalStorageCredentialsManager({ storage: new StorageInMemory() }),
  ],
  ['an encrypted manager', () => encrypted(new MemoryCredentialsManager(), KEY)],
];

describe.each(managers)('%s', (_, create) => {
  it.each(credentialsConformance)('$name', async ({ run }) => {
    await expect(run(create())).resolves.toBeUndefined();
  });
});

describe('credentialsConformance', () => {
  it('should find fault with a manager that updates what is not there', async () => {
    const good = new MemoryCredentialsManager();
    const bad: CredentialsManager = {
      get: (id) => good.get(id),
      set: (id, data) => good.set(id, data),
      update: (id, accessToken) => good.set(id, { accessToken, refreshToken: '' }),
      delete: (id) => good.delete(id),
    };
    const verdicts = await Promise.allSettled(credentialsConformance.map(({ run }) => run(bad)));
    const found = credentialsConformance.filter((__, index) => verdicts[index]?.status === 'rejected');
    expect(found.map(({ name }) => name)).toEqual([
      'should update the access token alone',
      'should not make anything by an update of what is not there',
      'should answer null after a delete, and take a second one for done',
      'should lose nothing when many are set at once',
    ]);
  });
});

describe('JsonCredentialsManager', () => {
  it('should lose nothing of 50 writers in five processes', async () => {
    const file = newFile();
    const writer = join(import.meta.dirname, 'credentials-writer.ts');
    const names = ['a', 'b', 'c', 'd', 'e'];
    await Promise.all(names.map((name) => promisify(execFile)(process.execPath, [writer, file, name, '10'])));
    const manager = new JsonCredentialsManager({ file });
    for (const name of names) {
      for (let index = 0; index < 10; index++) {
        const id = `${name}-${String(index)}`;
        await expect(manager.get(id)).resolves.toEqual({ accessToken: `access of ${id}`, refreshToken: id });
      }
    }
    // Neither locks nor half-written files stay behind.
    await expect(readdir(join(file, '..'))).resolves.toEqual(['credentials.json']);
  });

  it('should be readable by its owner alone, also where the file was not', async () => {
    const file = newFile();
    const manager = new JsonCredentialsManager({ file });
    await manager.set('ada', TOKENS);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(join(file, '..'))).mode & 0o777).toBe(0o700);
    const open = join(folder, 'open.json');
    await writeFile(open, '{"version": 1, "credentials": {}}', { mode: 0o666 });
    await new JsonCredentialsManager({ file: open }).set('ada', TOKENS);
    expect((await stat(open)).mode & 0o777).toBe(0o600);
  });

  it.each([
    ['not JSON', '{"version": 1, "cred'],
    ['empty', ''],
    ['of another program', '[1, 2, 3]'],
    ['of a later version', '{"version": 2, "credentials": {}}'],
    ['without tokens', '{"version": 1, "credentials": {"ada": {"accessToken": 1}}}'],
  ])('should report a file that is %s, and keep it', async (_, text) => {
    const file = join(folder, `${randomUUID()}.json`);
    await writeFile(file, text);
    const manager = new JsonCredentialsManager({ file });
    await expect(manager.get('ada')).rejects.toThrow(DamagedCredentialsFileError);
    await expect(manager.set('ada', TOKENS)).rejects.toThrow(file);
    await expect(manager.delete('ada')).rejects.toThrow(DamagedCredentialsFileError);
    await expect(readFile(file, 'utf8')).resolves.toBe(text);
  });

  it('should stay in its folder, and leave nothing of what was deleted', async () => {
    const place = join(folder, randomUUID());
    const manager = new JsonCredentialsManager({ folder: place });
    await manager.set('../../outside', TOKENS);
    const files = await readdir(place);
    expect(files).toEqual([expect.stringMatching(/^[0-9a-f]{32}\.json$/)]);
    await manager.delete('../../outside');
    await expect(readdir(place)).resolves.toEqual([]);
  });
});

describe('WebSessionCredentialsManager', () => {
  /** What a visit does: `/set`, `/update`, `/delete`, or only look. */
  async function act(path: string | undefined, webSession: object): Promise<unknown> {
    const manager = new WebSessionCredentialsManager(webSession);
    if (path === '/set') await manager.set('me', TOKENS);
    if (path === '/update') await manager.update('me', 'a-newer-one');
    if (path === '/delete') await manager.delete('me');
    return manager.get('me');
  }

  async function express(): Promise<[string, () => void]> {
    const sessions = session({ secret: 'not a secret', resave: false, saveUninitialized: false });
    const server = createServer((request, response) => {
      const seen = request as unknown as Parameters<typeof sessions>[0];
      Object.assign(seen, { originalUrl: request.url });
      sessions(seen, response as unknown as Parameters<typeof sessions>[1], () => {
        void act(request.url, seen.session).then((found) => response.end(JSON.stringify(found)));
      });
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    const close = (): void => {
      server.closeAllConnections();
      server.close();
    };
    return [`http://127.0.0.1:${String((server.address() as AddressInfo).port)}`, close];
  }

  async function onFastify(): Promise<[string, () => void]> {
    const app = fastify({ forceCloseConnections: true });
    await app.register(fastifyCookie);
    const secret = 'a secret of more than thirty-two characters';
    await app.register(fastifySession, { secret, cookie: { secure: false }, saveUninitialized: false });
    app.get('/*', async (request, reply) => {
      void reply.type('application/json');
      return JSON.stringify(await act(request.url, request.session));
    });
    const url = await app.listen({ port: 0, host: '127.0.0.1' });
    return [url, () => void app.close()];
  }

  it.each([
    ['express-session', express],
    ['@fastify/session', onFastify],
  ])(
    'should be remembered from one request to the next by %s, for each visitor his own',
    async (_, start) => {
      const [url, close] = await start();
      let cookie = '';
      const visit = async (path: string): Promise<unknown> => {
        const answer = await fetch(url + path, { headers: { cookie } });
        cookie = answer.headers.get('set-cookie')?.split(';')[0] ?? cookie;
        return answer.json();
      };
      await expect(visit('/set')).resolves.toEqual(TOKENS);
      await expect(visit('/')).resolves.toEqual(TOKENS);
      await visit('/update');
      await expect(visit('/')).resolves.toEqual({ ...TOKENS, accessToken: 'a-newer-one' });
      await expect(fetch(url).then((answer) => answer.json())).resolves.toBeNull();
      await visit('/delete');
      await expect(visit('/')).resolves.toBeNull();
      close();
    },
  );
});

describe('RedisCredentialsManager', () => {
  it('should forget when the refresh token is dead, whatever is updated meanwhile', async () => {
    const manager = new RedisCredentialsManager(redis.client, { prefix: 'ttl:', ttlSeconds: 100 });
    await manager.set('ada', TOKENS);
    await redis.client.expire('ttl:ada', 50);
    await manager.update('ada', 'new');
    await expect(redis.client.ttl('ttl:ada')).resolves.toBeLessThanOrEqual(50);
    await manager.set('ada', TOKENS);
    await expect(redis.client.ttl('ttl:ada')).resolves.toBeGreaterThan(90);
    await expect(redis.client.keys('ttl:*')).resolves.toEqual(['ttl:ada']);
  });

  it('should let another have the lock of one who is gone, and not take it from him', async () => {
    const manager = new RedisCredentialsManager(redis.client, { prefix: 'lock:', lockSeconds: 1 });
    await redis.client.set('lock:ada:lock', 'a dead process', 'PX', 50);
    await expect(manager.lock('ada', () => Promise.resolve('mine'))).resolves.toBe('mine');
    await manager.lock('ada', () => redis.client.set('lock:ada:lock', 'of another'));
    await expect(redis.client.get('lock:ada:lock')).resolves.toBe('of another');
  });
});

describe('encrypted', () => {
  it('should show nothing of the tokens, and open under its own id and key only', async () => {
    const file = newFile();
    const plain = new JsonCredentialsManager({ file });
    const manager = encrypted(plain, KEY.toString('base64'));
    await manager.set('ada', TOKENS);
    await expect(readFile(file, 'utf8')).resolves.not.toContain('token-');
    const sealed = await plain.get('ada');
    expect(JSON.stringify(sealed)).not.toContain(TOKENS.refreshToken);
    await plain.set('bob', sealed ?? TOKENS);
    await expect(manager.get('bob')).rejects.toThrow(SealedCredentialsError);
    await expect(encrypted(plain, randomBytes(32)).get('ada')).rejects.toThrow(SealedCredentialsError);
    await plain.set('ada', {
      accessToken: sealed?.refreshToken ?? '',
      refreshToken: sealed?.accessToken ?? '',
    });
    await expect(manager.get('ada')).rejects.toThrow('do not open');
    await plain.set('ada', TOKENS);
    await expect(manager.get('ada')).rejects.toThrow(SealedCredentialsError);
  });

  it('should not take a key that is too short', () => {
    expect(() => encrypted(new MemoryCredentialsManager(), 'short')).toThrow(RangeError);
    expect(() => encrypted(new MemoryCredentialsManager(), randomBytes(16))).toThrow('32 bytes');
  });
});
