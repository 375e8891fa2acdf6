import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { Caller, newEmail, signUp } from '../harness/caller.js';

let api: Api;
beforeAll(async () => {
  api = await startApi();
});
afterAll(() => api.close());

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
    ['nothing', ''],
  ])('should refuse %s', async (_, body) => {
    const answer = await new Caller(api.url).post(login, body);
    expect(answer.status).toBe(invalid);
    expect(problemOf(answer.body).code).toBe('VALIDATION_ERROR');
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

  it('should answer an unknown path with 404 and the id of the request', async () => {
    const answer = await new Caller(api.url).get(`${prefix}/nothing/here`);
    expect(answer.status).toBe(404);
    expect(problemOf(answer.body)).toMatchObject({
      code: 'NOT_FOUND',
      request_id: answer.headers.get('x-request-id'),
    });
  });

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
    const { hostname, port } = new URL(api.url);
    const answer = await new Promise<string>((resolve, reject) => {
      const socket = connect(Number(port), hostname, () => socket.write('NONSENSE\r\n\r\n'));
      let text = '';
      socket.on('data', (chunk) => (text += chunk.toString()));
      socket.on('close', () => resolve(text));
      socket.on('error', reject);
    });
    expect(answer).toMatch(/^HTTP\/1\.1 400 /);
    expect((await new Caller(api.url).get('/api/health')).status).toBe(200);
  });

  it('should not take a forged id for its log', async () => {
    const answer = await new Caller(api.url).get('/api/health', { 'x-request-id': '{"level":"fatal"}' });
    expect(answer.headers.get('x-request-id')).toMatch(/^[0-9a-f-]{36}$/);
  });
});
