import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { FunctionsHttpError } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import WebSocket from 'ws';
import { FunctionsFixture, source } from './functions.fixture.ts';

const fixture = new FunctionsFixture();
const hello = new URL('../../../../supabase/functions/hello/index.ts', import.meta.url);

const echo = `
  import { shared } from '../_shared/shared.ts';
  enum Color { Red = 'red' }
  class Box { constructor(private readonly value: string) {} get(): string { return this.value; } }
  Deno.serve(async (request: Request, info) => Response.json({
    shared, color: new Box(Color.Red).get(),
    method: request.method, url: request.url,
    headers: Object.fromEntries(request.headers),
    body: request.headers.get('x-bytes') ? [...new Uint8Array(await request.arrayBuffer())] : await request.text(),
    address: info.remoteAddr.hostname,
  }, { status: 201, statusText: 'Made', headers: [['x-own', 'yes'], ['set-cookie', 'a=1'], ['set-cookie', 'b=2']] }));
`;

beforeAll(
  async () =>
    fixture.start({
      'functions/hello/index.ts': await readFile(hello, 'utf8'),
      ...source('echo', echo),
      ...source('open', `Deno.serve(() => new Response('open to all'))`),
      ...source(
        'chat',
        `Deno.serve((request) => {
           if (request.headers.get('upgrade') !== 'websocket') return new Response('no socket', { status: 426 });
           if (new URL(request.url).searchParams.has('refuse')) return new Response('refused', { status: 403 });
           const { socket, response } = Deno.upgradeWebSocket(request);
           socket.onopen = () => socket.send('welcome');
           socket.onmessage = (event) => {
             if (event.data === 'throw') throw new Error('in a listener');
             socket.send('echo ' + event.data);
           };
           return response;
         })`,
      ),
      ...source('disabled', `Deno.serve(() => new Response('never'))`),
      'functions/elsewhere/main.ts': `Deno.serve(() => new Response('from elsewhere'))`,
      ...source('env', 'Deno.serve(() => Response.json({ deno: Deno.env.toObject(), node: process.env }))'),
      ...source('throws', `Deno.serve(() => { throw new Error('secret detail') })`),
      ...source(
        'handled',
        `Deno.serve({ onError: () => new Response('handled', { status: 418 }) }, () => { throw 1 })`,
      ),
      ...source('nothing', 'Deno.serve(() => undefined as unknown as Response)'),
      ...source('exported', `export default { fetch: () => new Response('exported') }`),
      ...source('mirror', 'Deno.serve((request) => new Response(request.body))'),
      ...source(
        'preflight',
        `const headers = { 'access-control-allow-origin': 'https://own.example' };
         Deno.serve((request) => new Response('ok', { status: request.method === 'OPTIONS' ? 204 : 200, headers }))`,
      ),
      ...source(
        'events',
        `Deno.serve((request) => {
           let n = 0, timer: number;
           const body = new ReadableStream({
             start(stream) {
               timer = setInterval(() => stream.enqueue(new TextEncoder().encode(\`data: \${n++}\\n\\n\`)), 50);
             },
             cancel() { clearInterval(timer); ended += 1; },
           });
           if (request.method === 'GET') return new Response(body, { headers: { 'content-type': 'text/event-stream' } });
           return Response.json({ ended });
         });
         let ended = 0;`,
      ),
      ...source(
        'background',
        `let done = 0;
         Deno.serve((request) => {
           if (request.method === 'POST') EdgeRuntime.waitUntil(new Promise((r) => setTimeout(r, 50)).then(() => { done += 1; }));
           return Response.json({ done });
         });`,
      ),
      ...source(
        'files',
        `Deno.serve(async () => new Response(await Deno.readTextFile(new URL('./note.txt', import.meta.url))))`,
      ),
      'functions/files/note.txt': 'beside it',
      'functions/_shared/shared.ts': `export const shared = 'first';`,
      'functions/.env': 'SECRET="from the file"\nSUPABASE_URL=mine\nPLAIN=1',
      'config.toml': `
        [functions.open]
        verify_jwt = false
        [functions.chat]
        verify_jwt = false
        [functions.disabled]
        enabled = false
        [functions.other]
        entrypoint = "./functions/elsewhere/main.ts"
        [edge_runtime.secrets]
        CONFIGURED = "from config"
      `,
    }),
  120_000,
);
afterAll(() => fixture.stop());

describe('Calling a function', () => {
  it('works with the official client', async () => {
    const answer = await fixture.client().functions.invoke<unknown>('hello', { body: { name: 'Ada' } });
    expect(answer).toMatchObject({ data: { message: 'Hello Ada!' }, error: null });
  });

  it('passes method, path, headers and body on, and the answer back as it is', async () => {
    const response = await fixture.call('echo/sub/path?q=1&q=2', {
      method: 'PATCH',
      headers: { 'x-custom': 'é'.normalize().length.toString(), 'content-type': 'text/plain' },
      body: 'text',
    });
    expect([response.status, response.statusText]).toEqual([201, 'Made']);
    expect(response.headers.get('x-own')).toBe('yes');
    expect(response.headers.get('x-served-by')).toBe('supabase-edge-runtime');
    expect(response.headers.getSetCookie()).toEqual(['a=1', 'b=2']);
    expect(await response.json()).toMatchObject({
      method: 'PATCH',
      url: `${fixture.supabase.url}/echo/sub/path?q=1&q=2`,
      headers: { 'x-custom': '1', 'content-type': 'text/plain' },
      body: 'text',
      color: 'red',
      address: '127.0.0.1',
    });
  });

  it.each(['GET', 'PUT', 'DELETE'])('takes %s', async (method) => {
    const response = await fixture.call('echo', { method });
    expect(await response.json()).toMatchObject({ method });
  });

  it('answers HEAD without a body', async () => {
    const response = await fixture.call('open', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });

  it('carries bytes', async () => {
    const bytes = Uint8Array.from({ length: 256 }, (_, n) => n);
    const response = await fixture.call('echo', { body: bytes, headers: { 'x-bytes': '1' } });
    expect(((await response.json()) as { body: number[] }).body).toEqual([...bytes]);
  });

  it('streams both ways at once', async () => {
    const written: string[] = [];
    const upload = new TransformStream<Uint8Array, Uint8Array>();
    const writer = upload.writable.getWriter();
    const response = fixture.call('mirror', { body: upload.readable, duplex: 'half' });
    await writer.write(Buffer.from('one'));
    const reader = (await response).body?.getReader();
    for (const part of ['one', 'two']) {
      if (part === 'two') await writer.write(Buffer.from(part));
      const chunk = await reader?.read();
      written.push(Buffer.from(chunk?.value ?? []).toString());
    }
    await writer.close();
    expect(written).toEqual(['one', 'two']);
  });

  it('carries large bodies whole', async () => {
    const body = Buffer.alloc(20_000_000, 'abcdefg');
    const response = await fixture.call('mirror', { body });
    expect(Buffer.from(await response.arrayBuffer()).equals(body)).toBe(true);
  });

  it('delivers an answer that was given before the question was heard out', async () => {
    const body = Buffer.alloc(20_000_000);
    const answers = Array.from({ length: 6 }, async () => (await fixture.call('open', { body })).text());
    expect(await Promise.all(answers)).toEqual(Array(6).fill('open to all'));
  });

  it('streams events, and tells the function that the reader left', async () => {
    const reading = new AbortController();
    const response = await fixture.call('events', { method: 'GET', signal: reading.signal });
    expect(response.headers.get('content-type')).toBe('text/event-stream');
    const reader = response.body?.getReader();
    const first = await reader?.read();
    expect(Buffer.from(first?.value ?? []).toString()).toContain('data: 0');
    reading.abort();
    const ended = async (): Promise<number> =>
      ((await (await fixture.call('events')).json()) as { ended: number }).ended;
    while ((await ended()) === 0) await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await ended()).toBe(1);
  });

  it('lets work go on after the answer', async () => {
    await fixture.call('background');
    const done = async (): Promise<unknown> => (await fixture.call('background', { method: 'GET' })).json();
    while (JSON.stringify(await done()) !== '{"done":1}')
      await new Promise((resolve) => setTimeout(resolve, 20));
    expect(await done()).toEqual({ done: 1 });
  });

  it('answers preflights as the gateway does, whatever headers they ask for, and leaves the rest to the function', async () => {
    const origin = 'https://a.example';
    const preflight = await fixture.call('preflight', {
      method: 'OPTIONS',
      headers: {
        origin,
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'authorization, x-of-tomorrow',
        authorization: '',
      },
    });
    expect(preflight.ok).toBe(true);
    expect(Object.fromEntries(preflight.headers)).toMatchObject({
      'access-control-allow-origin': '*',
      'access-control-allow-headers': 'authorization, x-of-tomorrow',
      'access-control-allow-methods': expect.stringContaining('PATCH') as unknown,
    });
    const own = 'https://own.example';
    const options = await fixture.call('preflight', { method: 'OPTIONS', headers: { authorization: '' } });
    expect([options.status, options.headers.get('access-control-allow-origin')]).toEqual([204, own]);
    const answer = await fixture.call('preflight', { headers: { origin } });
    expect(answer.headers.get('access-control-allow-origin')).toBe(own);
    for (const response of [
      await fixture.call('echo', { headers: { origin } }),
      await fixture.call('unknown', { headers: { origin } }),
      await fixture.call('echo', { headers: { origin, authorization: 'Bearer forged' } }),
    ])
      expect(response.headers.get('access-control-allow-origin')).toBe('*');
  });

  it('reads files beside the function, and serves an exported fetch', async () => {
    expect(await (await fixture.call('files')).text()).toBe('beside it');
    expect(await (await fixture.call('exported')).text()).toBe('exported');
  });
});

describe('A WebSocket of a function', () => {
  const open = (path: string): { socket: WebSocket; said: string[]; end: Promise<string> } => {
    const socket = new WebSocket(`${fixture.supabase.url.replace('http', 'ws')}/functions/v1/${path}`);
    const said: string[] = [];
    socket.on('message', (data: Buffer) => {
      said.push(data.toString());
      socket.emit('said');
    });
    const end = new Promise<string>((resolve) => {
      socket.on('close', (code) => resolve(String(code)));
      socket.on('unexpected-response', (_request, response) =>
        resolve(`refused ${response.statusCode ?? 0}`),
      );
    });
    socket.on('error', () => undefined);
    return { socket, said, end };
  };
  const next = (socket: WebSocket): Promise<unknown> =>
    new Promise((resolve) => socket.once('said', resolve));

  it('carries messages both ways', async () => {
    const { socket, said, end } = open('chat');
    await next(socket);
    socket.send('hello');
    await next(socket);
    socket.close(1000);
    expect([await end, said]).toEqual(['1000', ['welcome', 'echo hello']]);
  });

  it('breaks when its listener throws, and the function serves again', async () => {
    const { socket, end } = open('chat');
    await next(socket);
    socket.send('throw');
    expect(await end).toBe('1006');
    const again = open('chat');
    await next(again.socket);
    again.socket.terminate();
    expect(again.said).toEqual(['welcome']);
  });

  it.each([
    ['chat?refuse', 'refused 403'],
    ['open', 'refused 200'],
    ['hello', 'refused 401'],
    ['unknown', 'refused 404'],
  ])('is refused by %s', async (path, refusal) => {
    expect(await open(path).end).toBe(refusal);
  });

  it('is none without a handshake', async () => {
    expect((await fixture.call('chat')).status).toBe(426);
  });
});

describe('What a function fails with', () => {
  it('is a 500 without the reason', async () => {
    for (const name of ['throws', 'nothing']) {
      const response = await fixture.call(name);
      expect([response.status, await response.text()]).toEqual([500, 'Internal Server Error']);
    }
    const answer = await fixture.client().functions.invoke<unknown>('throws');
    expect(answer.error).toBeInstanceOf(FunctionsHttpError);
  });

  it('is what its own error handler says', async () => {
    const response = await fixture.call('handled');
    expect([response.status, await response.text()]).toEqual([418, 'handled']);
  });
});

describe('verify_jwt', () => {
  const call = (headers: Record<string, string>): Promise<Response> =>
    fetch(`${fixture.supabase.url}/functions/v1/hello`, { method: 'POST', headers, body: '{}' });
  const signed = (secret: string, exp: number): Promise<string> =>
    new SignJWT({ role: 'authenticated' })
      .setProtectedHeader({ alg: 'HS256' })
      .setExpirationTime(Math.floor(Date.now() / 1000) + exp)
      .sign(new TextEncoder().encode(secret));

  it('refuses a call without a token, with another scheme, or with a bad token', async () => {
    const answers = async (headers: Record<string, string>): Promise<unknown> => {
      const response = await call(headers);
      return [response.status, await response.json()];
    };
    const forged = await signed('another-secret-that-is-long-enough-for-it', 60);
    const expired = await signed(fixture.supabase.jwtSecret, -60);
    const invalid = [401, { code: 'UNAUTHORIZED_INVALID_JWT', message: 'Invalid JWT', msg: 'Invalid JWT' }];
    expect(await answers({})).toMatchObject([401, { msg: 'Error: Missing authorization header' }]);
    expect(await answers({ authorization: 'Basic abc' })).toMatchObject([
      401,
      { msg: "Error: Auth header is not 'Bearer {token}'" },
    ]);
    expect(await answers({ authorization: `Bearer ${forged}` })).toEqual(invalid);
    expect(await answers({ authorization: `Bearer ${expired}` })).toEqual(invalid);
    expect(await answers({ authorization: 'Bearer nonsense' })).toEqual(invalid);
  });

  it('takes any token of the project, and keys in place of it', async () => {
    const token = await signed(fixture.supabase.jwtSecret, 60);
    const { anonKey, publishableKey } = fixture.supabase;
    expect((await call({ authorization: `Bearer ${token}` })).status).toBe(200);
    expect((await call({ authorization: `Bearer ${anonKey}` })).status).toBe(200);
    expect((await call({ apikey: publishableKey })).status).toBe(200);
  });

  it('asks for nothing where it is off', async () => {
    const response = await fetch(`${fixture.supabase.url}/functions/v1/open`);
    expect([response.status, await response.text()]).toEqual([200, 'open to all']);
  });
});

describe('Which functions there are', () => {
  it.each(['unknown', 'disabled', '_shared', '..%2f..%2fetc', 'hello%2f..%2fopen', '.env'])(
    'there is no "%s"',
    async (name) => {
      const response = await fixture.call(name);
      expect([response.status, await response.text()]).toEqual([404, 'Function not found']);
    },
  );

  it('an entrypoint may be elsewhere', async () => {
    expect(await (await fixture.call('other')).text()).toBe('from elsewhere');
  });
});

describe('The environment of a function', () => {
  it('holds its secrets and the project, and nothing of the server', async () => {
    process.env.OF_THE_SERVER = 'private';
    const { deno, node } = (await (await fixture.call('env')).json()) as Record<
      string,
      Record<string, string>
    >;
    expect(deno).toMatchObject({
      SECRET: 'from the file',
      PLAIN: '1',
      CONFIGURED: 'from config',
      SUPABASE_URL: fixture.supabase.url,
      SUPABASE_ANON_KEY: fixture.supabase.anonKey,
      SUPABASE_SERVICE_ROLE_KEY: fixture.supabase.serviceRoleKey,
      SUPABASE_DB_URL: fixture.supabase.postgresUrl,
    });
    for (const environment of [deno, node]) {
      expect(environment).not.toHaveProperty('OF_THE_SERVER');
      expect(environment).not.toHaveProperty('PATH');
    }
  });
});

describe('A change', () => {
  it('of the function, of a shared file or of the secrets is served by the next call', async () => {
    const shared = async (): Promise<unknown> =>
      ((await (await fixture.call('echo')).json()) as { shared: unknown }).shared;
    expect(await shared()).toBe('first');
    await fixture.write('functions/_shared/shared.ts', `export const shared = 'second';`);
    expect(await shared()).toBe('second');
    await fixture.write('functions/_shared/shared.ts', `export const shared = ;`);
    expect((await fixture.call('echo')).status).toBe(503);
    await fixture.write('functions/_shared/shared.ts', `export const shared = 'third';`);
    expect(await shared()).toBe('third');

    await fixture.write('functions/.env', 'SECRET=changed');
    const { deno } = (await (await fixture.call('env')).json()) as { deno: Record<string, string> };
    expect(deno.SECRET).toBe('changed');
  });

  it('lets calls end that were begun before', async () => {
    const slow = (text: string): string =>
      `Deno.serve(() => new Response(new ReadableStream({ async start(s) {
         s.enqueue(new TextEncoder().encode('${text}'));
         await new Promise((r) => setTimeout(r, 500));
         s.enqueue(new TextEncoder().encode(' ended')); s.close(); } })))`;
    await fixture.write('functions/slow/index.ts', slow('old'));
    const before = await fixture.call('slow');
    await fixture.write('functions/slow/index.ts', slow('newer'));
    const after = await fixture.call('slow');
    expect([await before.text(), await after.text()]).toEqual(['old ended', 'newer ended']);
  });

  it('finds a function that is new', async () => {
    expect((await fixture.call('fresh')).status).toBe(404);
    await fixture.write('functions/fresh/index.ts', `Deno.serve(() => new Response('fresh'))`);
    expect(await (await fixture.call('fresh')).text()).toBe('fresh');
  });
});
