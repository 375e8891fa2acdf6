import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterAll, afterEach, beforeAll, describe, expect, it } from '@jest/globals';
import { UNHURRIED } from '../auth/modes.js';
import { probe, ProbeModule } from '../credits/probe.js';
import { setRate } from '../credits/rate.js';
import { startApiFromSource, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { until } from '../harness/until.js';

const PRICE = 10;
const BODY_LIMIT = 1_024;
const ORIGIN = 'https://app.example.com';

let api: Api;

beforeAll(async () => {
  // Other suites sign in from this machine, too, and are counted together with this one.
  const limits = { ...UNHURRIED, MAX_REQUESTS: '2', HEADERS_TIMEOUT_MS: '200', BODY_TIMEOUT_MS: '200' };
  const environment = { ...limits, BODY_LIMIT_BYTES: String(BODY_LIMIT), CORS_ORIGINS: ORIGIN };
  api = await startApiFromSource(environment, [ProbeModule]);
});
// Where a test has failed, nobody is kept waiting.
afterEach(() => probe.waiting.splice(0).forEach((goOn) => goOn()));
afterAll(() => api.close());

/** Sends what belongs to a request, and hears everything that comes back until the connection is closed. */
function speak(...pieces: string[]): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    let text = '';
    socket.on('data', (piece) => (text += piece.toString()));
    socket.on('close', () => resolve(text));
    // Who still sends when the server has closed is reset.
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (!['ECONNRESET', 'EPIPE'].includes(error.code ?? '')) reject(error);
    });
    drip(socket, pieces).catch(reject);
  });
}

async function drip(socket: Socket, pieces: readonly string[]): Promise<void> {
  await once(socket, 'connect');
  // Each in a packet of its own.
  socket.setNoDelay(true);
  for (const piece of pieces) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    if (!socket.writable) return;
    socket.write(piece);
  }
}

describe('more requests than may wait for their answers', () => {
  it('should be refused at once, in both representations, uncounted and not charged, until there is room', async () => {
    const path = '/api/probe/slow';
    await setRate(path, PRICE);
    const user = await signUp(api.url);
    const held = [user.get(path), user.get(path)];
    await until(() => probe.waiting.length === 2);

    const [plain, enveloped] = [await user.get(path), await user.get('/api/v1/probe/slow')];
    expect([plain.status, enveloped.status]).toEqual([503, 503]);
    expect(plain.body).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE', status: 503 });
    expect(enveloped.body).toMatchObject({ success: false, error: { error_code: 'UPSTREAM_UNAVAILABLE' } });
    for (const { headers } of [plain, enveloped]) expect(headers.get('retry-after')).toBe('1');
    const health = await new Caller(api.url).get('/api/health');
    expect(health.status).toBe(200);

    for (const goOn of probe.waiting.splice(0)) goOn();
    expect((await Promise.all(held)).map(({ status }) => status)).toEqual([200, 200]);
    const after = await user.get('/api/credits');
    expect(after).toMatchObject({ status: 200, body: { credits: 100 - 2 * PRICE } });
    // Two that were held, and this one.
    expect(after.headers.get('x-ratelimit-remaining')).toBe('97');
    const rows = await sql<{ kind: string }>(
      `select kind from supanest.credit_transactions t join supanest.profiles p on p.id = t.profile_id
       where p.user_id = $1 order by t.id`,
      [user.user?.id],
    );
    expect(rows.map(({ kind }) => kind)).toEqual(['grant', 'charge', 'charge']);
  });

  it('should be refused alike, whether before the router has them or behind it', async () => {
    const user = await signUp(api.url);
    const held = [user.get('/api/probe/slow'), user.get('/api/probe/slow')];
    await until(() => probe.waiting.length === 2);
    const ask = async (path: string, headers: Record<string, string> = {}) => {
      const answer = await fetch(api.url + path, {
        headers: { 'x-request-id': 'the-same-for-all', ...headers },
      });
      const { timestamp, error, ...body } = (await answer.json()) as Record<string, unknown>;
      const { date, ...rest } = Object.fromEntries(answer.headers);
      expect([typeof date, typeof (timestamp ?? (error as { timestamp: unknown }).timestamp)]).toEqual([
        'string',
        'string',
      ]);
      return {
        status: answer.status,
        headers: rest,
        body,
        code: (error as { error_code?: string } | undefined)?.error_code,
      };
    };
    // A browser's request goes the long way, as it may want headers of its own; so does another spelling of a path.
    const own = { origin: ORIGIN };
    const foreign = { origin: 'https://elsewhere.example' };
    for (const path of ['/api/credits', '/api/v1/credits', '/api/nothing?x=1', '/api/%63redits']) {
      const early = await ask(path);
      // A cache that keeps one for the other would keep the page of that origin from reading it.
      expect(early).toMatchObject({ status: 503, headers: { vary: 'Origin' } });
      expect(await ask(path, foreign)).toEqual(early);
      const headers = { ...early.headers, 'access-control-allow-origin': ORIGIN };
      expect(await ask(path, own)).toEqual({ ...early, headers });
    }
    for (const path of ['/api/health', '/api/v1/health', '/api/health/', '/api/h%65alth?x']) {
      expect([path, (await fetch(api.url + path)).status]).toEqual([path, 200]);
    }
    for (const goOn of probe.waiting.splice(0)) goOn();
    await Promise.all(held);
  });

  it('should not be those of clients who have left', async () => {
    const user = await signUp(api.url);
    const leave = new AbortController();
    const left = [1, 2].map(() =>
      fetch(`${api.url}/api/probe/slow`, {
        headers: { authorization: `Bearer ${user.token ?? ''}` },
        signal: leave.signal,
      }).catch(() => undefined),
    );
    await until(() => probe.waiting.length === 2);
    leave.abort();
    await Promise.all(left);
    await until(async () => (await user.get('/api/credits')).status === 200);
    expect(probe.waiting).toHaveLength(2);
    for (const goOn of probe.waiting.splice(0)) goOn();
  });
});

const bytes = (count: number): string[] => Array.from({ length: count }, () => 'x');

describe('a slow client', () => {
  const HEAD = 'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\n';

  it('should be cut off with 408 when the head of its request does not end', async () => {
    const answer = await speak(HEAD, 'X-Slow: ', ...bytes(3));
    expect(answer).toMatch(/^HTTP\/1\.1 408 /);
    expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
  });

  it('should be cut off as well while the head still comes byte by byte', async () => {
    expect(await speak(HEAD, 'X-Slow: ', ...bytes(1_000))).toMatch(/^(HTTP\/1\.1 408 .*)?$/s);
  });

  it('should be cut off when it says nothing at all', async () => {
    expect(await speak()).toMatch(/^(HTTP\/1\.1 408 .*)?$/s);
  });

  it('should be cut off with 408 when its body comes byte by byte, and take nobody’s place meanwhile', async () => {
    const slow = [1, 2, 3].map(() => speak(`${HEAD}Content-Length: 1000\r\n\r\n`, ...bytes(30)));
    const user = await signUp(api.url);
    expect((await user.get('/api/credits')).status).toBe(200);
    for (const answer of await Promise.all(slow)) {
      expect(answer).toMatch(/^HTTP\/1\.1 408 /);
      expect(answer).toContain('"code":"REQUEST_TIMEOUT"');
    }
  });
});

describe('a body', () => {
  const bodyOf = (bytes: number): string => {
    const empty = JSON.stringify({ email: 'a@example.com', password: '' });
    return empty.replace('""', `"${'x'.repeat(bytes - empty.length)}"`);
  };

  it('should be read when it is as large as may be, and refused when it is one byte larger', async () => {
    const statusOf = async (bytes: number): Promise<number> =>
      (await new Caller(api.url).post('/api/auth/login', bodyOf(bytes))).status;
    expect([await statusOf(BODY_LIMIT), await statusOf(BODY_LIMIT + 1)]).toEqual([401, 413]);
  });

  it('should be refused as well when its length is not told', async () => {
    const chunked = (bytes: number): Promise<string> =>
      speak(
        'POST /api/auth/login HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nConnection: close\r\n',
        `Transfer-Encoding: chunked\r\n\r\n${bytes.toString(16)}\r\n${bodyOf(bytes)}\r\n0\r\n\r\n`,
      );
    expect(await chunked(BODY_LIMIT)).toMatch(/^HTTP\/1\.1 401 /);
    expect(await chunked(BODY_LIMIT + 1)).toMatch(/^HTTP\/1\.1 413 /);
  });
});
