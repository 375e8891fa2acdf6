import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { assertFree } from '../../scripts/free-port.js';
import { migrate } from '../../src/platform/database/migrator.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, PASSWORD, signUp } from '../harness/caller.js';
import { startSupabaseProcess, type SupabaseProcess } from '../harness/supabase-process.js';

let supabase: SupabaseProcess;
let api: Api;

beforeAll(async () => {
  supabase = await startSupabaseProcess();
  api = await startApi({
    SUPABASE_URL: supabase.url,
    DATABASE_URL: supabase.postgresUrl,
    LOG_LEVEL: 'silent',
  });
}, 120_000);

afterAll(async () => {
  await api.close();
  await supabase.close();
});

describe('A start beside the one that runs', () => {
  it('should find the migrations applied just as the files have them', async () => {
    const done = await migrate({ url: supabase.postgresUrl, directory: 'supabase/migrations' });
    expect(done).toEqual({ applied: [], unknown: [] });
  });

  it('should refuse the port of the other, whose answers would be taken for its own', async () => {
    const { hostname, port } = new URL(api.url);
    await expect(assertFree(hostname, port)).rejects.toThrow(
      `Port ${port} (API) is in use by another process`,
    );
    await expect(assertFree(hostname, '0')).resolves.toBeUndefined();
    await expect(assertFree(hostname, 'not a port')).resolves.toBeUndefined();
  });
});

describe('Supabase and Postgres, killed and started again under a running API', () => {
  it('should cost the requests in between a 503, and nothing else', async () => {
    const user = await signUp(api.url);
    expect((await user.get('/api/credits')).status).toBe(200);

    await supabase.kill();
    const between = await Promise.all([
      user.get('/api/credits'),
      new Caller(api.url).post('/api/auth/login', { email: user.user?.email, password: PASSWORD }),
    ]);
    expect(between.map((answer) => answer.status)).toEqual([503, 503]);
    expect((await new Caller(api.url).get('/api/health')).status).toBe(200);

    await supabase.start();
    // The token, the session, the count and the credits are those from before.
    const after = await user.get('/api/credits');
    expect(after).toMatchObject({ status: 200, body: { credits: 100, subscription_tier: 'free' } });
    expect(after.headers.get('x-ratelimit-remaining')).toBe('98');
    const login = await new Caller(api.url).post('/api/auth/login', {
      email: user.user?.email,
      password: PASSWORD,
    });
    expect(login.status).toBe(200);
  }, 120_000);
});
