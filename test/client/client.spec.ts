import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import {
  createClient,
  type ClientOptions,
  type SupanestClient,
} from '../../packages/client/src/client/create-client.ts';
import {
  AuthenticationError,
  NetworkError,
  NotFoundError,
  PermissionDeniedError,
  SignedOutError,
  UnavailableError,
  ValidationError,
} from '../../packages/client/src/client/errors.ts';
import { JsonCredentialsManager } from '../../packages/client/src/credentials/json.manager.ts';
import { MemoryCredentialsManager } from '../../packages/client/src/credentials/memory.manager.ts';
import { API_SECRET_KEY, UNHURRIED } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { newEmail, PASSWORD } from '../harness/caller.js';

let api: Api;
let folder: string;

beforeAll(async () => {
  api = await startApi({ ...UNHURRIED, API_SECRET_KEY });
  folder = await mkdtemp(join(tmpdir(), 'supanest-client-'));
});
afterAll(async () => {
  await api.close();
  await rm(folder, { recursive: true });
});

/** What a client has sent, as `METHOD /path`, and answers given in the server's place. */
interface Wire {
  sent: string[];
  instead: Response[];
}

function wire(): Wire & { fetch: typeof fetch } {
  const made: Wire = { sent: [], instead: [] };
  const send = (input: string | URL | Request, init?: RequestInit): Promise<Response> => {
    made.sent.push(
      `${init?.method ?? 'GET'} ${new URL(input instanceof Request ? input.url : input).pathname}`,
    );
    const answer = made.instead.shift();
    return answer ? Promise.resolve(answer) : fetch(input, init);
  };
  return Object.assign(made, { fetch: send });
}

const connect = (options: Partial<ClientOptions> = {}): SupanestClient =>
  createClient({ url: `${api.url}/`, ...options });

async function signedUp(options: Partial<ClientOptions> = {}): Promise<SupanestClient> {
  const client = connect(options);
  await client.session.signUp({ email: newEmail(), password: PASSWORD });
  return client;
}

/** A token that ends in some seconds, by its own words; no server has made it. */
function tokenEndingIn(seconds: number): string {
  const now = Math.floor(Date.now() / 1_000);
  const part = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  return `${part({ alg: 'HS256' })}.${part({ iat: now - 1_800, exp: now + seconds })}.x`;
}

describe('operations', () => {
  it('should be functions with the types of the document', async () => {
    const client = await signedUp();
    const { credits, subscription_tier } = await client.getCredits();
    expect({ credits, subscription_tier }).toEqual({ credits: 100, subscription_tier: 'free' });
    const [row] = await client.insertRows({ path: { table: 'notes' }, body: { body: 'One & two' } });
    await client.insertRows({ path: { table: 'notes' }, body: { body: 'Another' } });
    const found = await client.selectRows({
      path: { table: 'notes' },
      query: { select: 'body', filters: { id: `eq.${String(row?.id)}` } },
    });
    expect(found).toEqual([{ body: 'One & two' }]);
    await expect(
      client.callDatabaseFunction({ path: { function: 'add' }, body: { a: 1, b: 2 } }),
    ).resolves.toBe(3);
    const answer = await client.invokeFunctionByPost({ path: { name: 'hello' }, body: { name: 'Ada' } });
    await expect(answer.json()).resolves.toEqual({ message: 'Hello Ada!' });
  });

  it('should show the whole response to who wants it', async () => {
    const client = await signedUp();
    const { data, response } = await client.http.GET('/api/credits/transactions', {
      params: { query: { limit: 1 } },
    });
    expect(data).toEqual([expect.objectContaining({ amount: 100 })]);
    expect(response.headers.get('x-ratelimit-limit')).toBe('100');
  });

  it('should end with the signal', async () => {
    const client = await signedUp();
    await expect(client.getCredits({ signal: AbortSignal.abort() })).rejects.toThrow('aborted');
  });

  it('should not leave their path', async () => {
    const client = await signedUp();
    await expect(client.selectRows({ path: { table: '..' } })).rejects.toThrow(RangeError);
  });
});

describe('errors', () => {
  it('should be typed, and say everything the server has said', async () => {
    const client = await signedUp();
    const refused = await client
      .signUp({
        body: { email: 'nobody', password: 'short' },
        headers: { 'x-request-id': 'mine-0123456789' },
      })
      .catch((error: unknown) => error);
    expect(refused).toBeInstanceOf(ValidationError);
    expect(refused).toMatchObject({
      name: 'ValidationError',
      status: 400,
      code: 'VALIDATION_ERROR',
      requestId: 'mine-0123456789',
      errors: expect.arrayContaining([expect.objectContaining({ field: 'email' })]),
    });
    await expect(client.listUsers()).rejects.toThrow(PermissionDeniedError);
    await expect(client.selectRows({ path: { table: 'nothing' } })).rejects.toThrow(NotFoundError);
    await expect(connect().getCredits()).rejects.toThrow(AuthenticationError);
  });

  it('should name a server that is not there', async () => {
    const client = createClient({ url: 'http://127.0.0.1:1' });
    await expect(client.listTiers()).rejects.toThrow(NetworkError);
  });

  it('should be made of whatever something in between answers', async () => {
    const line = wire();
    const client = connect({ fetch: line.fetch, retry: { attempts: 1 } });
    line.instead.push(new Response('<html>', { status: 502, statusText: 'Bad Gateway' }));
    await expect(client.listTiers()).rejects.toMatchObject({
      status: 502,
      code: 'HTTP_502',
      detail: 'Bad Gateway',
    });
    line.instead.push(
      Response.json({ success: false, error: { error_code: 'X', detail: 'Y' } }, { status: 409 }),
    );
    await expect(client.listTiers()).rejects.toMatchObject({ name: 'ConflictError', code: 'X', detail: 'Y' });
  });
});

describe('a session', () => {
  it('should be remembered, and forgotten when it is signed out', async () => {
    const credentials = new MemoryCredentialsManager();
    const client = await signedUp({ credentials });
    const changes: (string | undefined)[] = [];
    client.session.onChange((now) => changes.push(now?.accessToken));
    const again = connect({ credentials });
    const { email } = await again.getSignedInUser();
    await again.session.signOut();
    await expect(client.session.credentials()).resolves.toBeNull();
    await expect(client.getCredits()).rejects.toThrow(AuthenticationError);
    await expect(
      client.session.signIn({ email: String(email), password: 'not the right one' }),
    ).rejects.toMatchObject({ detail: 'Invalid email or password' });
    await client.session.signIn({ email: String(email), password: PASSWORD });
    expect(changes).toEqual([expect.any(String)]);
    await expect(client.getCredits()).resolves.toMatchObject({ credits: 100 });
  });

  it.each([
    ['refused', 'not-a-token'],
    ['about to expire', tokenEndingIn(20)],
    ['expired', tokenEndingIn(-20)],
  ])('should be renewed once for all calls in flight when its token is %s', async (_, accessToken) => {
    const credentials = new MemoryCredentialsManager();
    const line = wire();
    const client = await signedUp({ credentials, fetch: line.fetch });
    const other = connect({ credentials, fetch: line.fetch });
    await credentials.update(client.url, accessToken);
    line.sent.length = 0;
    const answers = await Promise.all(
      [client, other, client, other, client].map((each) => each.getCredits()),
    );
    expect(new Set(answers.map(({ credits }) => credits))).toEqual(new Set([100]));
    expect(line.sent.filter((path) => path === 'POST /api/auth/refresh')).toHaveLength(1);
    await client.getCredits();
    expect(line.sent.filter((path) => path === 'POST /api/auth/refresh')).toHaveLength(1);
  });

  it('should be renewed once for several processes that share a store', async () => {
    const file = join(folder, 'shared.json');
    const credentials = new JsonCredentialsManager({ file });
    const client = await signedUp({ credentials });
    const before = await client.session.credentials();
    await credentials.update(client.url, tokenEndingIn(-1));
    const caller = join(import.meta.dirname, 'shared-session.ts');
    const outputs = await Promise.all(
      [1, 2, 3].map(() => promisify(execFile)(process.execPath, [caller, client.url, file])),
    );
    const refreshes = outputs.map(({ stdout }) => Number(stdout));
    expect(refreshes.reduce((sum, count) => sum + count, 0)).toBe(1);
    const after = await client.session.credentials();
    expect(after?.refreshToken).not.toBe(before?.refreshToken);
    await expect(client.getCredits()).resolves.toMatchObject({ credits: 100 });
  });

  it('should end with its refresh token: deleted, told, and raised', async () => {
    const credentials = new MemoryCredentialsManager();
    const client = await signedUp({ credentials });
    const changes: unknown[] = [];
    client.session.onChange((now) => changes.push(now));
    await credentials.set(client.url, { accessToken: 'dead', refreshToken: 'dead too' });
    const refused = await Promise.allSettled([client.getCredits(), client.getMe()]);
    expect(refused.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    for (const each of refused) {
      expect(each).toMatchObject({ reason: expect.any(SignedOutError) });
      expect(each).toMatchObject({ reason: { detail: 'Invalid or expired refresh token' } });
    }
    await expect(credentials.get(client.url)).resolves.toBeNull();
    expect(changes).toEqual([null]);
  });

  it('should outlive a server that is away while its token is good', async () => {
    const credentials = new MemoryCredentialsManager();
    const line = wire();
    const client = await signedUp({ credentials, fetch: line.fetch, retry: { attempts: 1 } });
    const kept = await credentials.get(client.url);
    line.instead.push(Response.json({}, { status: 503 }));
    await credentials.update(client.url, 'refused');
    // The call is refused, and so is the refresh, but nothing is thrown away.
    line.instead.unshift(Response.json({}, { status: 401 }));
    await expect(client.getCredits()).rejects.toThrow(UnavailableError);
    await expect(credentials.get(client.url)).resolves.toMatchObject({ refreshToken: kept?.refreshToken });
    await expect(client.getCredits()).resolves.toMatchObject({ credits: 100 });
  });
});

describe('what is refused for now', () => {
  const busy = (status: number, retryAfter = '0'): Response =>
    Response.json({ code: 'BUSY', detail: 'Later' }, { status, headers: { 'retry-after': retryAfter } });

  it('should be asked again, as often as is said', async () => {
    const line = wire();
    const client = connect({ fetch: line.fetch });
    line.instead.push(busy(503), busy(429));
    await expect(client.listTiers()).resolves.toHaveLength(5);
    line.instead.push(busy(503), busy(503), busy(503));
    await expect(client.listTiers()).rejects.toMatchObject({ name: 'UnavailableError', retryAfter: 0 });
    expect(line.sent).toHaveLength(6);
  });

  it('should not be asked again when it may have done something, unless told', async () => {
    const line = wire();
    const client = await signedUp({ fetch: line.fetch });
    const add = { path: { function: 'add' }, body: { a: 1, b: 2 } };
    line.instead.push(busy(503));
    await expect(client.callDatabaseFunction(add)).rejects.toThrow('Later');
    line.instead.push(busy(503));
    await expect(client.callDatabaseFunction({ ...add, retry: { methods: ['POST'] } })).resolves.toBe(3);
  });

  it('should not be waited for until tomorrow, nor after the caller has gone', async () => {
    const line = wire();
    const client = connect({ fetch: line.fetch });
    line.instead.push(busy(429, '40000'));
    await expect(client.listTiers()).rejects.toMatchObject({ name: 'RateLimitError', retryAfter: 40_000 });
    line.instead.push(busy(429, '20'));
    const controller = new AbortController();
    const call = client.listTiers({ signal: controller.signal });
    controller.abort(new Error('gone'));
    await expect(call).rejects.toThrow('gone');
  });
});
