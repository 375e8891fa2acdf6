import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { MODES } from '../auth/modes.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { errorOf, representations } from '../harness/representations.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

describe.each(MODES)('/functions $mode', ({ environment }) => {
  let api: Api;
  beforeAll(async () => {
    api = await startApi(environment);
  });
  afterAll(() => api.close());

  describe.each(representations)('$prefix/functions/:name', ({ prefix, invalid }) => {
    let ada: Caller;
    beforeAll(async () => {
      ada = await signUp(api.url);
    });

    it('should answer what the function answers, never enveloped, and charge for it', async () => {
      const answer = await ada.post(`${prefix}/functions/hello`, { name: 'Ada' });
      expect(answer.status).toBe(200);
      expect(answer.body).toEqual({ message: 'Hello Ada!' });
      expect(answer.headers.get('content-type')).toContain('application/json');
      expect(answer.headers.get('x-credits-charged')).toBe('1');
      expect(answer.headers.get('x-ratelimit-remaining')).not.toBeNull();
    });

    it('should charge as much for a path below it, whatever the method', async () => {
      for (const [method, path] of [
        ['POST', '/a/b'],
        ['OPTIONS', ''],
        ['OPTIONS', '/a'],
      ] as const) {
        const answer = await ada.send(method, `${prefix}/functions/hello${path}`, { name: 'Ada' });
        expect(answer.body).toEqual({ message: 'Hello Ada!' });
        expect(answer.headers.get('x-credits-charged')).toBe('1');
      }
    });

    it.each([
      '/../rest/v1/notes',
      '/%2e%2E/%2e%2e/rest',
      '/a%2f..%2f..',
      '/%252e%252e/x',
      '/a/.',
      '/%5C..%5C..',
      '/%00',
      '/%zz',
    ])('should refuse the path %s', async (path) => {
      // As `fetch` would tidy it up, written by hand.
      const { status, body } = await rawRequest(
        api.url,
        `${prefix}/functions/hello${path}`,
        String(ada.token),
      );
      expect(status).toBe(invalid);
      expect(body).not.toContain('Hello');
    });

    it('should not find an unknown function, and charge nothing', async () => {
      const answer = await ada.post(`${prefix}/functions/nothing`, {});
      expect(errorOf(answer)).toEqual({ status: 404, code: 'NOT_FOUND', detail: 'Function not found' });
      expect((await ada.send('HEAD', `${prefix}/functions/nothing`)).status).toBe(404);
      expect(answer.headers.get('x-credits-charged')).toBe('0');
    });

    it.each(['..%2Frest', '%2e%2e%2fauth', 'hello%3Fx=1', 'hello%2Fother', 'a.b', 'hello%20'])(
      'should refuse the name %s',
      async (name) => {
        expect(errorOf(await ada.post(`${prefix}/functions/${name}`, {})).status).toBe(invalid);
      },
    );

    it('should refuse whoever is not signed in', async () => {
      for (const method of METHODS)
        for (const path of ['hello', 'hello/path'])
          expect((await new Caller(api.url).send(method, `${prefix}/functions/${path}`)).status).toBe(401);
    });
  });
});

/** A request whose path goes out exactly as it is. */
async function rawRequest(
  url: string,
  path: string,
  token: string,
): Promise<{ status: number; body: string }> {
  const { hostname, port } = new URL(url);
  const sent = request({
    hostname,
    port,
    path,
    method: 'POST',
    headers: { authorization: `Bearer ${token}` },
  }).end();
  const [answer] = (await once(sent, 'response')) as [IncomingMessage];
  let body = '';
  for await (const chunk of answer) body += String(chunk);
  return { status: answer.statusCode ?? 0, body };
}
