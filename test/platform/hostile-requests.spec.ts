import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { UNHURRIED } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, signUp } from '../harness/caller.js';

let api: Api;
beforeAll(async () => {
  // Other suites try the same addresses, and are counted together with this one.
  api = await startApi(UNHURRIED);
});
afterAll(() => api.close());

/** Sends bytes, and hears what comes back until the connection is closed. */
function speak(bytes: string): Promise<string> {
  const { hostname, port } = new URL(api.url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.write(bytes));
    let text = '';
    socket.on('data', (chunk) => (text += chunk.toString()));
    socket.on('close', () => resolve(text));
    socket.on('error', reject);
  });
}

const bodyOf = (answer: string): unknown => JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4));

interface Problem {
  code: string;
  detail: string;
  status: number;
  request_id: string;
  errors?: { field: string; message: string }[];
}

describe.each([
  ['plain', '/api', 400],
  ['enveloped', '/api/v1', 422],
])('a hostile request, %s', (representation, prefix, invalid) => {
  const problemOf = (body: unknown): Problem =>
    representation === 'plain'
      ? (body as Problem)
      : {
          ...(body as { error: Problem & { error_code: string } }).error,
          code: (body as { error: { error_code: string } }).error.error_code,
        };

  const login = `${prefix}/auth/login`;

  it.each([
    ['malformed JSON', '{"email": '],
    ['JSON that is no object', '[1, 2]'],
    ['a bare string', '"hello"'],
    ['wrong types', '{"email": 1, "password": {"$ne": null}}'],
    ['a prototype', '{"__proto__": {"admin": true}, "email": "a@example.com", "password": "12345678"}'],
    ['a name that every object has', '{"constructor": 1, "email": "a@example.com", "password": "12345678"}'],
    ['such a name inside', '{"email": {"constructor": null}, "password": [{"constructor": "x"}]}'],
    ['nothing', ''],
    [
      'a name that every object has, which is known to none',
      '{"toString": 1, "email": "a@example.com", "password": "12345678"}',
    ],
    [
      'more properties than anything has',
      `{${Array.from({ length: 90_000 }, (_, at) => `"${at}":1`).join()}}`,
    ],
  ])('should refuse %s', async (_, body) => {
    const answer = await new Caller(api.url).post(login, body);
    expect(answer.status).toBe(invalid);
    expect(problemOf(answer.body).code).toBe('VALIDATION_ERROR');
    expect(JSON.stringify(answer.body).length).toBeLessThan(1_000);
  });

  it('should refuse unknown fields by name', async () => {
    const answer = await new Caller(api.url).post(login, {
      email: newEmail(),
      password: '12345678',
      is_admin: true,
    });
    expect(answer.status).toBe(invalid);
    expect(problemOf(answer.body).errors).toEqual([
      { field: 'is_admin', message: 'is_admin is not a known property' },
    ]);
  });

  it('should refuse a body over the limit with 413', async () => {
    const answer = await new Caller(api.url).post(login, {
      email: 'a@example.com',
      password: 'x'.repeat(1_100_000),
    });
    expect(answer.status).toBe(413);
    expect(problemOf(answer.body).code).toBe('PAYLOAD_TOO_LARGE');
  });

  it.each([
    'text/plain',
    'application/xml',
    'application/x-www-form-urlencoded',
    'multipart/form-data; boundary=x',
  ])('should refuse a body of type %s with 415', async (type) => {
    const answer = await new Caller(api.url).post(login, 'email=a', { 'content-type': type });
    expect(answer.status).toBe(415);
    expect(problemOf(answer.body).code).toBe('UNSUPPORTED_MEDIA_TYPE');
  });

  it('should refuse a compressed body, which nobody could read', async () => {
    const headers = { 'content-type': 'application/json', 'content-encoding': 'gzip' };
    const answer = await new Caller(api.url).post(login, '{}', headers);
    expect({ status: answer.status, code: problemOf(answer.body).code }).toEqual({
      status: 415,
      code: 'UNSUPPORTED_MEDIA_TYPE',
    });
  });

  it.each([
    ['POST', '/nothing/here', 404],
    ['PUT', '/health', 405],
  ])('should answer %s %s whatever its body is', async (method, path, status) => {
    for (const [type, body] of [
      ['application/json', '{"a":'],
      ['text/plain', 'a'],
    ] as const) {
      const answer = await new Caller(api.url).send(method, `${prefix}${path}`, body, {
        'content-type': type,
      });
      expect(answer.status).toBe(status);
    }
  });

  it('should take a byte order mark for what it is', async () => {
    const user = await signUp(api.url);
    const answer = await user.post<unknown>(`${prefix}/database/rpc/add`, '\uFEFF{"a":1,"b":2}');
    expect(answer.status).toBe(200);
  });

  it('should answer an unknown path with 404 and the id of the request', async () => {
    const answer = await new Caller(api.url).get(`${prefix}/nothing/here`);
    expect(answer.status).toBe(404);
    expect(problemOf(answer.body)).toMatchObject({
      code: 'NOT_FOUND',
      request_id: answer.headers.get('x-request-id'),
    });
  });

  it.each([
    ['PUT', '/credits', 'GET, HEAD'],
    ['QUERY', '/users/7', 'GET, HEAD, PATCH'],
    ['TRACE', '/auth/identities/7/', 'DELETE, POST'],
    ['OPTIONS', '/health?a=b', 'GET, HEAD'],
  ])('should answer %s %s with 405 and the methods that are', async (method, path, allowed) => {
    const lines = await speak(`${method} ${prefix}${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(lines).toMatch(/^HTTP\/1\.1 405 /);
    expect(lines).toContain(`\r\nallow: ${allowed}\r\n`);
    expect(problemOf(bodyOf(lines)).code).toBe('METHOD_NOT_ALLOWED');
  });

  it.each([
    ['an unknown method', 'FROB', 'Host: a', 400],
    ['no host', 'POST', 'Connection: close', 400],
    ['two hosts', 'POST', 'Host: a\r\nHost: b\r\nConnection: close', 400],
    ['no name of a host', 'POST', 'Host: a b\r\nConnection: close', 400],
    ['two lengths', 'POST', 'Host: a\r\nContent-Length: 1\r\nContent-Length: 2', 400],
    ['a length and chunks', 'POST', 'Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked', 400],
    ['a control character in a header', 'GET', 'Host: a\r\nX: \u0001', 400],
    ['too large a header', 'GET', `Host: a\r\nX: ${'x'.repeat(20_000)}`, 431],
  ])('should refuse %s in the same shape', async (_, method, headers, status) => {
    const lines = await speak(`${method} ${login} HTTP/1.1\r\n${headers}\r\n\r\n`);
    const expected = status === 400 ? invalid : status;
    expect(lines).toMatch(new RegExp(`^HTTP/1\\.1 ${String(expected)} `));
    const problem = problemOf(bodyOf(lines));
    expect(problem.code).toBe(status === 431 ? 'HEADERS_TOO_LARGE' : 'VALIDATION_ERROR');
    expect(lines).toContain(`\r\nx-request-id: ${problem.request_id}\r\n`);
  });

  it.each([
    ['its URL', '', `${login}?${'x'.repeat(20_000)}`, 'HEAD', ''],
    ['its headers', `X: ${'x'.repeat(20_000)}\r\n`, login, 'HEAD', ''],
    [
      'its URL, behind another one',
      '',
      `${login}?${'x'.repeat(20_000)}`,
      'GET',
      'HEAD /api/health HTTP/1.1\r\nHost: a\r\n\r\n',
    ],
  ])(
    'should refuse with a body, but not a HEAD, one that is too large by %s',
    async (_, header, target, method, before) => {
      const all = await speak(`${before}${method} ${target} HTTP/1.1\r\nHost: a\r\n${header}\r\n`);
      const answer = all.slice(all.indexOf('HTTP/1.1 431 '));
      expect(answer).toMatch(
        /^HTTP\/1\.1 431 [^]*\r\ncontent-length: [1-9][^]*\r\nconnection: close\r\n\r\n/,
      );
      if (method === 'HEAD') expect(answer).toMatch(/\r\n\r\n$/);
      else expect(problemOf(bodyOf(answer)).code).toBe('HEADERS_TOO_LARGE');
    },
  );

  it('should answer an absolute request target as the path in it', async () => {
    const target = `http://elsewhere.example${prefix}/nothing#here`;
    const lines = await speak(`GET ${target} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
    expect(lines).toMatch(/^HTTP\/1\.1 404 /);
    expect(problemOf(bodyOf(lines)).code).toBe('NOT_FOUND');
  });

  it('should answer one that expects what nobody knows', async () => {
    const lines = await speak(
      `GET ${prefix}/health HTTP/1.1\r\nHost: a\r\nExpect: a miracle\r\nConnection: close\r\n\r\n`,
    );
    expect(lines).toMatch(/^HTTP\/1\.1 200 /);
  });

  it.each([
    ['an infinite number', '{"data": {"a": [1e400]}}', 'data.a.0 must not be too large a number'],
    ['half a character', '{"data": {"a": "\\ud800"}}', 'data.a must not contain half of a surrogate pair'],
    ['a constructor', '{"data": {}, "constructor": {}}', 'constructor is not a known property'],
  ])('should refuse %s, which would be stored as something else', async (_, body, detail) => {
    const user = await signUp(api.url);
    const answer = await user.put(`${prefix}/auth/session-data`, body);
    expect(answer.status).toBe(invalid);
    expect(problemOf(answer.body).detail).toBe(detail);
  });

  it.each(['0x10', '1e1', '%201', '', '1.5', '1&limit=2'])(
    'should not take limit=%s for a whole number',
    async (limit) => {
      const user = await signUp(api.url);
      const answer = await user.get(`${prefix}/credits/transactions?limit=${limit}`);
      expect(answer.status).toBe(invalid);
      expect(problemOf(answer.body).errors?.map(({ field }) => field)).toEqual(['limit']);
    },
  );

  it('should serve with and without a trailing slash', async () => {
    const user = await signUp(api.url);
    expect((await user.get(`${prefix}/credits/`)).body).toEqual((await user.get(`${prefix}/credits`)).body);
  });

  it.each(['%', '%ZZ', '%c0%ae', '..%2f..%2fetc', 'a'.repeat(3_000)])(
    'should survive the path %s',
    async (path) => {
      const user = await signUp(api.url);
      const answer = await user.get(`${prefix}/users/${path}`);
      expect(answer.status).toBeGreaterThanOrEqual(400);
      expect(answer.status).toBeLessThan(500);
      expect(problemOf(answer.body).code).toMatch(/^[A-Z_]+$/);
    },
  );
});

describe('a hostile connection', () => {
  it('should be answered and closed when it does not speak HTTP', async () => {
    const answer = await speak('NONSENSE\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await new Caller(api.url).get('/api/health')).status).toBe(200);
  });

  it('should be refused in words when it wants a tunnel', async () => {
    const answer = await speak('CONNECT example.com:443 HTTP/1.1\r\nHost: example.com:443\r\n\r\n');
    expect(answer).toMatch(/^HTTP\/1\.1 400 [^]*"VALIDATION_ERROR"/);
  });

  it.each(['/docs/%2e%2e/main.js', '/docs/../package.json'])(
    'should find nothing outside of the docs by %s',
    async (path) => {
      expect(await speak(`GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`)).toMatch(
        /^HTTP\/1\.1 404 /,
      );
    },
  );

  it('should not take a forged id for its log', async () => {
    const answer = await new Caller(api.url).get('/api/health', { 'x-request-id': '{"level":"fatal"}' });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
