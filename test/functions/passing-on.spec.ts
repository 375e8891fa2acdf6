import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startApi, type Api } from '../harness/api.js';
import { signUp, type Caller } from '../harness/caller.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { until } from '../harness/until.js';
import { Upstream } from '../harness/upstream.js';

const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** What a function may do that `hello` does not. */
type Handler = (request: IncomingMessage, response: ServerResponse) => void;

describe('the way to a function and back', () => {
  let functions: Server;
  let handle: Handler;
  let gate: Server;
  let upstream: Upstream;
  let api: Api;
  let ada: Caller;

  /** Everything but functions goes on to the local Supabase. */
  beforeAll(async () => {
    upstream = await Upstream.start();
    functions = createServer((request, response) => handle(request, response)).listen(0, '127.0.0.1');
    await once(functions, 'listening');
    gate = createServer((request, response) => {
      if (/^\/(functions\/v1|storage\/v1\/object\/user-files\/broken)/.test(request.url ?? ''))
        functions.emit('request', request, response);
      else upstream.pass(request, response);
    }).listen(0, '127.0.0.1');
    await once(gate, 'listening');
    api = await startApi({
      SUPABASE_URL: `http://127.0.0.1:${String((gate.address() as AddressInfo).port)}`,
      SUPABASE_JWT_ISSUER: `${supabaseUnderTest().url}/auth/v1`,
      FUNCTION_TIMEOUT_MS: '1000',
      CORS_ORIGINS: 'https://app.example.com',
    });
    ada = await signUp(api.url);
  });
  afterAll(async () => {
    await api.close();
    await upstream.close();
    for (const server of [functions, gate]) {
      server.closeAllConnections();
      server.close();
    }
  });

  /** Calls without looking at the documents: a function may answer anything. */
  const call = (init: RequestInit & { duplex?: 'half' } = {}, rest = ''): Promise<Response> =>
    fetch(`${api.url}/api/functions/probe${rest}`, {
      method: 'POST',
      redirect: 'manual',
      ...init,
      headers: { authorization: `Bearer ${String(ada.token)}`, ...(init.headers as object) },
    });

  it.each(
    METHODS.flatMap((method) =>
      ['', '/a/b%2Fc/d=e;f/', '//a', '/%E4%BD%A0', '/a%3Fb'].map((path) => [method, path]),
    ),
  )('should pass on %s, %s, the query and the body', async (method = '', path = '') => {
    let got = '';
    handle = (request, response) => {
      let body = '';
      request.on('data', (chunk: Buffer) => (body += chunk.toString()));
      request.on('end', () => {
        got = `${String(request.method)} ${String(request.url)} ${String(request.headers['content-type'])} ${body}`;
        response.end(got);
      });
    };
    const hasNoBody = method === 'GET' || method === 'HEAD';
    const init = hasNoBody ? {} : { body: '<a/>', headers: { 'content-type': 'application/xml' } };
    const answer = await call({ method, ...init }, `${path}?x=1&y=%2F&x=2`);
    expect({ status: answer.status, text: await answer.text() }).toEqual({
      status: 200,
      text: method === 'HEAD' ? '' : got,
    });
    const sent = hasNoBody ? 'undefined ' : 'application/xml <a/>';
    expect(got).toBe(`${method} /functions/v1/probe${path}?x=1&y=%2F&x=2 ${sent}`);
  });

  it('should answer a preflight request itself, and pass on what is none', async () => {
    handle = (request, response) => response.end(`${String(request.method)} reached me`);
    const origin = 'https://app.example.com';
    for (const path of ['/api/functions/probe', '/api/v1/functions/probe/a', '/api/users/me']) {
      const asked = {
        origin,
        'access-control-request-method': 'POST',
        'access-control-request-headers': 'x-mine',
      };
      const answer = await fetch(`${api.url}${path}`, { method: 'OPTIONS', headers: asked });
      expect({ status: answer.status, text: await answer.text() }).toEqual({ status: 204, text: '' });
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      expect(answer.headers.get('access-control-allow-methods')).toContain('POST');
    }
    const forFunction = await call({ method: 'OPTIONS', headers: { origin } }, '/a');
    expect(await forFunction.text()).toBe('OPTIONS reached me');
    expect(forFunction.headers.get('access-control-allow-origin')).toBe(origin);
    const forNobody = await fetch(`${api.url}/api/users/me`, { method: 'OPTIONS' });
    expect(forNobody.status).toBe(405);
    expect(await forNobody.json()).toMatchObject({ code: 'METHOD_NOT_ALLOWED' });
  });

  it.each([
    [201, 'text/plain', 'made'],
    [302, 'text/html', 'elsewhere'],
    [404, 'application/json', '{"mine": true}'],
    [418, 'application/octet-stream', 'tea'],
    [500, 'text/plain', 'my own fault'],
  ])('should answer %i %s as the function does', async (status, type, text) => {
    handle = (_request, response) => response.writeHead(status, { 'content-type': type }).end(text);
    const answer = await call();
    expect({
      status: answer.status,
      type: answer.headers.get('content-type'),
      text: await answer.text(),
    }).toEqual({
      status,
      type,
      text,
    });
    expect(answer.headers.get('x-credits-charged')).toBe(status >= 400 ? '0' : '1');
  });

  it("should bring the user's token and nothing that is secret or only for one connection", async () => {
    let got: IncomingMessage['headers'] = {};
    handle = (request, response) => {
      got = request.headers;
      response
        .writeHead(200, {
          'content-type': 'text/plain',
          'set-cookie': 'a=b',
          'x-ratelimit-limit': '1',
          'access-control-allow-origin': '*',
          'x-mine': 'kept',
          'sb-gateway-version': '1',
        })
        .end();
    };
    const answer = await call({
      headers: {
        cookie: 'c=d',
        apikey: 'forged',
        'x-forwarded-host': 'evil',
        'x-mine': 'kept',
        'sb-forwarded-for': '9.9.9.9',
      },
    });
    expect(got).toMatchObject({
      authorization: `Bearer ${String(ada.token)}`,
      apikey: supabaseUnderTest().publishableKey,
      'x-mine': 'kept',
    });
    for (const name of ['cookie', 'x-forwarded-host']) expect(got).not.toHaveProperty(name);
    expect(got['sb-forwarded-for']).not.toBe('9.9.9.9');
    expect(answer.headers.get('x-mine')).toBe('kept');
    for (const name of ['set-cookie', 'access-control-allow-origin', 'sb-gateway-version'])
      expect(answer.headers.get(name)).toBeNull();
    expect(answer.headers.get('x-ratelimit-limit')).toBe('100');
  });

  it('should stream in both directions', async () => {
    handle = (request, response) => {
      response.writeHead(200, { 'content-type': 'text/event-stream' });
      request.pipe(response);
    };
    const { readable, writable } = new TransformStream<Uint8Array, Uint8Array>();
    const writer = writable.getWriter();
    const answering = call({
      body: readable,
      duplex: 'half',
      headers: { 'content-type': 'application/json' },
    });
    await writer.write(new TextEncoder().encode('one'));
    const body = (await answering).body as ReadableStream<Uint8Array> | null;
    const reader = body?.getReader();
    // Its answer is here before the request has ended.
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('one');
    await writer.write(new TextEncoder().encode('two'));
    expect(new TextDecoder().decode((await reader?.read())?.value)).toBe('two');
    await writer.close();
    expect((await reader?.read())?.done).toBe(true);
  });

  it('should stop the function when the client leaves', async () => {
    let stopped = false;
    handle = (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain' }).write('one');
      response.on('close', () => (stopped = true));
    };
    const client = new AbortController();
    const answer = await call({ signal: client.signal });
    await answer.body?.getReader().read();
    client.abort();
    await until(() => stopped);
    expect(stopped).toBe(true);
  });

  it('should not take clients who leave before all was sent for a function that is away', async () => {
    handle = (call, response) => {
      call.on('error', () => undefined).resume();
      response.end();
    };
    const before = api.log.length;
    const headers = { authorization: `Bearer ${String(ada.token)}`, 'content-length': '100' };
    const clients = Array.from({ length: 20 }, async () => {
      const client = request(`${api.url}/api/functions/probe`, { method: 'POST', headers });
      client.on('error', () => undefined);
      await new Promise((sent) => client.write('some', sent));
      client.destroy();
    });
    await Promise.all(clients);
    expect((await call()).status).toBe(200);
    expect(api.log.slice(before)).toEqual([]);
  });

  it.each<[string, Handler]>([
    ['never answers', () => undefined],
    ['cuts the connection', (request) => request.socket.destroy()],
    [
      'has no worker',
      (_, response) => response.writeHead(503).end('{"code":"BOOT_ERROR","message":"secret"}'),
    ],
    ['died', (_, response) => response.writeHead(500).end('{"code":"WORKER_ERROR","message":"secret"}')],
    ['is used up', (_, response) => response.writeHead(546).end('{}')],
    [
      'cannot be loaded',
      (_, response) =>
        response.writeHead(500, { 'sb-error-code': 'LOAD_FUNCTION_ERROR' }).end('{"message":"secret"}'),
    ],
    [
      'is behind a network that does not reach it',
      (_, response) => response.writeHead(522).end('<!DOCTYPE html><p>secret-host'),
    ],
    ['belongs to a paused project', (_, response) => response.writeHead(540).end('secret')],
    ['is behind a broken gateway', (_, response) => response.writeHead(502).end('<html>secret-host</html>')],
    ['has a status that is none', (_, response) => response.writeHead(600).end('{}')],
    [
      'breaks off before its first byte',
      (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('secret, not packed'),
    ],
  ])('should answer 503 where a function %s, and charge nothing', async (_, handler) => {
    handle = handler;
    const answer = await call();
    const body = await answer.text();
    expect(answer.status).toBe(503);
    expect(JSON.parse(body)).toMatchObject({ code: 'UPSTREAM_UNAVAILABLE' });
    expect(body).not.toContain('secret');
    expect(answer.headers.get('x-credits-charged')).toBe('0');
  });

  it.each([
    [404, 'NOT_FOUND', 'Requested function was not found', 'NOT_FOUND'],
    [404, 'NOT_FOUND_FUNCTION_BLOB', 'Requested function was not found', 'NOT_FOUND'],
    [401, 'UNAUTHORIZED_INVALID_JWT', 'Invalid JWT', 'AUTHENTICATION_ERROR'],
    [
      401,
      'UNAUTHORIZED_UNSUPPORTED_TOKEN_ALGORITHM',
      'Unsupported JWT algorithm ES256',
      'AUTHENTICATION_ERROR',
    ],
  ])(
    'should keep the reason for which Supabase itself answers %i %s',
    async (status, said, message, code) => {
      handle = (_request, response) => {
        response.writeHead(status, { 'content-type': 'application/json' });
        response.end(JSON.stringify({ code: said, message }));
      };
      const answer = await call();
      expect(answer.status).toBe(status);
      expect(await answer.json()).toMatchObject({ code, detail: message });
    },
  );

  it('should tell caches what the answer depends on here besides what it does in the function', async () => {
    handle = (_request, response) => response.writeHead(200, { vary: 'Accept' }).end('x');
    const { headers } = await call({ headers: { origin: 'https://app.example.com' } });
    expect(headers.get('vary')).toBe('Origin, Accept');
  });

  it('should leave to a function what Supabase calls an error of the function', async () => {
    handle = (_request, response) =>
      response.writeHead(500, { 'sb-error-code': 'EDGE_FUNCTION_ERROR' }).end('{"code":"WORKER_ERROR"}');
    const answer = await call();
    expect([answer.status, await answer.text()]).toEqual([500, '{"code":"WORKER_ERROR"}']);
  });

  it('should answer a file that breaks off before its first byte as if nothing had been said of it', async () => {
    handle = (request, response) => {
      const headers = { 'content-type': 'text/plain', 'content-encoding': 'gzip', etag: '"x"' };
      response.writeHead(200, { ...headers, 'content-length': '100' }).flushHeaders();
      setTimeout(() => request.socket.destroy(), 50);
    };
    const answer = await ada.get('/api/storage/buckets/user-files/objects/broken');
    expect(answer).toMatchObject({ status: 503, body: { code: 'UPSTREAM_UNAVAILABLE' } });
    expect([answer.headers.get('etag'), answer.headers.get('content-encoding')]).toEqual([null, null]);
  });

  it('should cut the answer of a function that breaks in the middle', async () => {
    handle = (request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain', 'content-length': '100' }).write('half');
      setTimeout(() => request.socket.destroy(), 50);
    };
    const answer = await call();
    await expect(answer.text()).rejects.toThrow();
  });
});
