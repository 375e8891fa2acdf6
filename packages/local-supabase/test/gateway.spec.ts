import { afterAll, beforeAll, describe, expect, it, jest } from '@jest/globals';
import { createClient, FunctionsHttpError } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startLocalSupabase, type LocalSupabase } from './harness/worker.ts';

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(30_000);

describe('The gateway', () => {
  let workdir: string;
  let supabase: LocalSupabase;

  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-gateway-'));
    supabase = await startLocalSupabase({
      workdir,
      memory: true,
      quiet: true,
      ports: { api: 0, db: 0, inbox: 0 },
      config: {
        realtime: { enabled: false },
        edge_runtime: { enabled: false },
        storage: { s3_protocol: { enabled: false } },
      },
    });
  }, 60_000);
  afterAll(async () => {
    await supabase.close();
    await rm(workdir, { recursive: true });
  });

  const sign = (claims: object, secret = supabase.jwtSecret, expires = '1h'): Promise<string> =>
    new SignJWT({ ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .setExpirationTime(expires)
      .sign(new TextEncoder().encode(secret));

  async function get(
    path: string,
    headers: Record<string, string> = {},
  ): Promise<{ status: number; body: unknown }> {
    const response = await fetch(supabase.url + path, { headers });
    const text = await response.text();
    return { status: response.status, body: text === '' ? '' : (JSON.parse(text) as unknown) };
  }

  it('should want an API key', async () => {
    for (const path of ['/auth/v1/settings', '/auth/v1/user']) {
      expect(await get(path)).toEqual({
        status: 401,
        body: {
          message: 'No API key found in request',
          hint: 'No `apikey` request header or url param was found.',
        },
      });
      expect(await get(path, { apikey: 'wrong' })).toMatchObject({
        status: 401,
        body: { message: 'Invalid API key' },
      });
    }
  });

  it('should let REST be asked without a key, as anon', async () => {
    expect((await get('/rest/v1/')).status).toBe(200);
    expect(await get('/rest/v1/items')).toMatchObject({ status: 404, body: { code: 'PGRST205' } });
  });

  it('should take every key of the project, as header and as parameter', async () => {
    const { publishableKey, secretKey, anonKey, serviceRoleKey } = supabase;
    for (const key of [publishableKey, secretKey, anonKey, serviceRoleKey]) {
      expect((await get('/auth/v1/settings', { apikey: key })).status).toBe(200);
      expect((await get(`/auth/v1/settings?apikey=${key}`)).status).toBe(200);
    }
    expect((await get('/auth/v1/settings', { apikey: await sign({ role: 'anon' }) })).status).toBe(200);
    expect(
      (await get('/auth/v1/settings', { apikey: await sign({ role: 'anon' }, 'x'.repeat(40)) })).status,
    ).toBe(401);
  });

  it('should leave open where browsers come by themselves', async () => {
    expect((await get('/auth/v1/.well-known/jwks.json')).status).toBe(200);
    expect(await get('/.well-known/oauth-authorization-server')).toMatchObject({
      status: 404,
      body: { error_code: 'feature_disabled' },
    });
    const response = await fetch(`${supabase.url}/auth/v1/verify?type=signup&token=x`, {
      redirect: 'manual',
    });
    expect(response.status).not.toBe(401);
  });

  it('should refuse forged, expired and unreadable tokens at REST with PostgREST codes', async () => {
    const { publishableKey: apikey } = supabase;
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from('{"role":"service_role"}').toString('base64url')}.`;
    for (const [token, code] of [
      [await sign({ role: 'authenticated' }, 'y'.repeat(40)), 'PGRST301'],
      [await sign({ role: 'authenticated' }, undefined, '-1h'), 'PGRST303'],
      [none, 'PGRST301'],
      ['rubbish', 'PGRST301'],
    ] as const) {
      expect(await get('/rest/v1/x', { apikey, authorization: `Bearer ${token}` })).toMatchObject({
        status: 401,
        body: { code },
      });
    }
  });

  it('should run nothing as a role that does not exist, or is no API role', async () => {
    const { publishableKey: apikey } = supabase;
    for (const role of ['nobody', 'no-body"; drop table x']) {
      const { status } = await get('/rest/v1/rpc/version', {
        apikey,
        authorization: `Bearer ${await sign({ role })}`,
      });
      expect(status).toBeGreaterThanOrEqual(400);
      expect(status).toBeLessThan(500);
    }
  });

  it('should let browsers of any origin in', async () => {
    const preflight = await fetch(`${supabase.url}/rest/v1/items`, {
      method: 'OPTIONS',
      headers: {
        origin: 'http://localhost:3000',
        'access-control-request-method': 'PATCH',
        'access-control-request-headers': 'apikey,authorization,x-client-info',
      },
    });
    expect(preflight.ok).toBe(true);
    expect(preflight.headers.get('access-control-allow-origin')).toBe('*');
    expect(preflight.headers.get('access-control-allow-methods')).toContain('PATCH');
    expect(preflight.headers.get('access-control-allow-headers')).toBe('apikey,authorization,x-client-info');
    const refused = await fetch(`${supabase.url}/rest/v1/items`, {
      headers: { origin: 'http://localhost:3000' },
    });
    expect(refused.headers.get('access-control-allow-origin')).toBe('*');
    expect(refused.headers.get('access-control-expose-headers')).toContain('Content-Range');
  });

  it('should have nobody behind the paths of what is switched off', async () => {
    const nobody = { status: 503, body: { message: 'name resolution failed' } };
    const apikey = supabase.anonKey;
    expect(await get('/functions/v1/hello')).toEqual(nobody);
    expect(await get('/realtime/v1/api/tenants/realtime-dev/health', { apikey })).toEqual(nobody);
    expect(await get('/realtime/v1/api/broadcast')).toEqual(nobody);
    const posted = await fetch(`${supabase.url}/functions/v1/hello/path`, { method: 'POST', body: 'text' });
    expect(posted.status).toBe(503);
    expect(posted.headers.get('access-control-allow-origin')).toBe('*');
    expect(supabase.functionsUrl).toBeUndefined();
    expect(supabase.s3).toBeUndefined();
    expect((await get('/storage/v1/s3/bucket/key')).status).toBe(404);

    const client = createClient(supabase.url, apikey);
    const status = await new Promise<string>((resolve) => {
      client.channel('room').subscribe((answer) => resolve(answer));
    });
    expect(status).toBe('CHANNEL_ERROR');
    await client.removeAllChannels();
    await client.realtime.disconnect();
    expect((await client.functions.invoke('hello')).error).toBeInstanceOf(FunctionsHttpError);
  });

  it('should know no other paths', async () => {
    expect(await get('/elsewhere')).toEqual({
      status: 404,
      body: { message: 'no Route matched with those values' },
    });
  });

  it('should outlive clients who leave while a connection is upgraded', async () => {
    const { hostname, port } = new URL(supabase.url);
    const leave = async (path: string): Promise<void> => {
      const socket = connect(Number(port), hostname);
      await once(socket, 'connect');
      const text = `GET ${path} HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`;
      await new Promise((written) => socket.write(text, written));
      socket.resetAndDestroy();
    };
    await Promise.all(Array.from({ length: 50 }, () => leave('/elsewhere')));
    expect((await get('/elsewhere')).status).toBe(404);
  });

  it('should not start in production, nor beside itself', async () => {
    const { port } = new URL(supabase.url);
    await expect(
      startLocalSupabase({
        workdir,
        memory: true,
        quiet: true,
        ports: { api: Number(port), db: 0, inbox: 0 },
      }),
    ).rejects.toThrow(`Port ${port} (API) is in use`);
    const before = process.env.NODE_ENV;
    process.env.NODE_ENV = 'production';
    try {
      // Loaded by this suite, it reads the environment of this suite.
      const own = await import('../src/index.ts');
      await expect(own.startLocalSupabase({ workdir })).rejects.toThrow('NODE_ENV=production');
    } finally {
      process.env.NODE_ENV = before;
    }
  });
});
