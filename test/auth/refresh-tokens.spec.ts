import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import jwt from 'jsonwebtoken';
import { startApiFromSource, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { Upstream } from '../harness/upstream.js';
import { API_SECRET_KEY, UNHURRIED } from './modes.js';

interface Tokens {
  access_token: string;
  refresh_token: string;
}

const sessionOf = (token: string | undefined): string =>
  jwt.decode(String(token), { json: true })?.sid as string;

/** As if the last rotation of a session had been long ago. */
const wait = (caller: Caller): Promise<unknown> =>
  sql(`update supanest.refresh_families set rotated_at = now() - interval '1 minute' where session_id = $1`, [
    sessionOf(caller.token),
  ]);

const STORES = ['postgres', 'memory'];

describe.each(STORES)("the API's own refresh tokens, sessions in %s", (store) => {
  let upstream: Upstream;
  let api: Api;
  let replica: Api;
  beforeAll(async () => {
    upstream = await Upstream.start();
    const environment = {
      ...UNHURRIED,
      ...upstream.environment,
      API_SECRET_KEY,
      CREDENTIALS_STORE: store,
    };
    [api, replica] = await Promise.all([startApiFromSource(environment), startApiFromSource(environment)]);
  });
  afterAll(async () => {
    await Promise.all([api.close(), replica.close()]);
    await upstream.close();
  });

  const refresh = (refresh_token: string, url = api.url) =>
    new Caller(url).post<Tokens>('/api/auth/refresh', { refresh_token });
  const statusOf = async (caller: Caller): Promise<number> => (await caller.get('/api/auth/me')).status;

  it('rotate: each use makes the next', async () => {
    const { user } = await signUp(api.url);
    let token = String(user?.refreshToken);
    const seen = new Set([token]);
    for (let use = 0; use < 5; use += 1) {
      const { status, body } = await refresh(token);
      expect(status).toBe(200);
      expect(seen.has(body.refresh_token)).toBe(false);
      seen.add((token = body.refresh_token));
    }
  });

  it('asked for twice at once: all get the same next one', async () => {
    const { user } = await signUp(api.url);
    const answers = await Promise.all(Array.from({ length: 6 }, () => refresh(String(user?.refreshToken))));
    expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
    expect(new Set(answers.map(({ body }) => body.refresh_token)).size).toBe(1);
  });

  it('used again later: the session ends, for the thief and for the owner', async () => {
    const caller = await signUp(api.url);
    const first = String(caller.user?.refreshToken);
    const { body } = await refresh(first);
    await wait(caller);
    await expect(refresh(first)).resolves.toMatchObject({
      status: 401,
      body: { detail: 'Invalid or expired refresh token' },
    });
    await expect(refresh(body.refresh_token)).resolves.toMatchObject({ status: 401 });
    expect(await statusOf(new Caller(api.url, body.access_token))).toBe(401);
    expect(await statusOf(caller)).toBe(401);
    await expect(
      sql('select from auth.sessions where id = $1', [sessionOf(caller.token)]),
    ).resolves.toHaveLength(0);
  });

  it('hold to their rules, whatever happens in whatever order', async () => {
    const step = fc.oneof(
      { weight: 4, arbitrary: fc.record({ use: fc.nat({ max: 3 }) }) },
      { weight: 2, arbitrary: fc.constant('wait' as const) },
    );
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 7 }), async (steps) => {
        const caller = await signUp(api.url);
        const tokens = [String(caller.user?.refreshToken)];
        let recently = false;
        let alive = true;
        for (const action of steps) {
          if (action === 'wait') {
            await wait(caller);
            recently = false;
            continue;
          }
          // How many generations back: 0 is the present token.
          const back = Math.min(action.use, tokens.length - 1);
          const { status, body } = await refresh(String(tokens.at(-1 - back)));
          const allowed = alive && (back === 0 || (back === 1 && recently));
          expect({ steps, back, status }).toEqual({ steps, back, status: allowed ? 200 : 401 });
          if (allowed && back === 0) {
            tokens.push(body.refresh_token);
            recently = true;
          } else if (allowed) {
            expect(body.refresh_token).toBe(tokens.at(-1));
          } else {
            alive = false;
          }
        }
        expect(await statusOf(caller)).toBe(alive ? 200 : 401);
      }),
      { numRuns: 12 },
    );
  }, 60_000);

  it('of one service are nothing to another with another key', async () => {
    const other = await startApiFromSource({
      ...UNHURRIED,
      API_SECRET_KEY: `${API_SECRET_KEY}!`,
      CREDENTIALS_STORE: store,
    });
    try {
      const caller = await signUp(api.url);
      await expect(refresh(String(caller.user?.refreshToken), other.url)).resolves.toMatchObject({
        status: 401,
      });
      expect(await statusOf(new Caller(other.url, caller.token))).toBe(401);
    } finally {
      await other.close();
    }
  });

  it('are no use at Supabase, and those of Supabase are no use here', async () => {
    const caller = await signUp(api.url);
    const atSupabase = await new Caller(upstream.url).post(
      '/auth/v1/token?grant_type=refresh_token',
      { refresh_token: caller.user?.refreshToken },
      { apikey: 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH' },
    );
    expect(atSupabase.status).toBeGreaterThanOrEqual(400);
    const [row] = await sql<{ token: string }>(
      'select token from auth.refresh_tokens where session_id = $1',
      [sessionOf(caller.token)],
    );
    await expect(refresh(String(row?.token))).resolves.toMatchObject({ status: 401 });
    expect(await statusOf(caller)).toBe(200);
  });

  if (store !== 'postgres') return;

  it('are shared by all replicas, and twice at once on two of them is no theft', async () => {
    const caller = await signUp(api.url);
    const first = String(caller.user?.refreshToken);
    const answers = await Promise.all([refresh(first), refresh(first, replica.url)]);
    expect(answers.map(({ status }) => status)).toEqual([200, 200]);
    expect(answers[0].body.refresh_token).toBe(answers[1].body.refresh_token);
    await expect(refresh(answers[1].body.refresh_token, replica.url)).resolves.toMatchObject({ status: 200 });
    expect(await statusOf(new Caller(replica.url, answers[0].body.access_token))).toBe(200);
  });

  describe('the stored session', () => {
    /** Puts an expired access token in its place, as time would. */
    const expire = async (caller: Caller): Promise<void> => {
      const { PostgresCredentialsStore } =
        await import('../../src/auth/credentials/postgres-credentials.store.js');
      const { CredentialsStore } = await import('../../src/auth/credentials/credentials.types.js');
      const sessions = api.app.get(CredentialsStore, { strict: false });
      expect(sessions).toBeInstanceOf(PostgresCredentialsStore);
      const expired = jwt.sign({ exp: Math.floor(Date.now() / 1_000) - 10 }, 'x');
      await sessions.update(sessionOf(caller.token), expired);
    };
    const refreshes = (): number =>
      upstream.seen.filter((line) => line.includes('grant_type=refresh_token')).length;

    it('is refreshed when it has expired, once for all who wait', async () => {
      const caller = await signUp(api.url);
      await expire(caller);
      const before = refreshes();
      const statuses = await Promise.all(Array.from({ length: 8 }, () => statusOf(caller)));
      expect(new Set(statuses)).toEqual(new Set([200]));
      expect(refreshes() - before).toBe(1);
      expect(await statusOf(new Caller(replica.url, caller.token))).toBe(200);
      expect(refreshes() - before).toBe(1);
    });

    it('that Supabase calls dead is forgotten: 401', async () => {
      const caller = await signUp(api.url);
      await expire(caller);
      upstream.fate = (path) =>
        path.includes('grant_type=refresh_token')
          ? { status: 400, body: '{"code":400,"error_code":"refresh_token_not_found","msg":"x"}' }
          : 'forward';
      try {
        expect(await statusOf(caller)).toBe(401);
      } finally {
        upstream.fate = () => 'forward';
      }
      await expect(
        sql('select from supanest.credentials where id = $1', [sessionOf(caller.token)]),
      ).resolves.toHaveLength(0);
      expect(await statusOf(caller)).toBe(401);
      await expect(refresh(String(caller.user?.refreshToken))).resolves.toMatchObject({ status: 401 });
    });

    it('survives Supabase being away while it expires', async () => {
      const caller = await signUp(api.url);
      await expire(caller);
      upstream.fate = () => 'cut';
      await expect(caller.get('/api/auth/me')).resolves.toMatchObject({ status: 503 });
      upstream.fate = () => 'forward';
      expect(await statusOf(caller)).toBe(200);
    });

    it('is swept once Supabase has ended it', async () => {
      const caller = await signUp(api.url);
      const id = sessionOf(caller.token);
      const count = async (): Promise<number> =>
        (
          await sql(
            `select from supanest.credentials where id = $1 union all
             select from supanest.refresh_families where session_id::text = $1`,
            [id],
          )
        ).length;
      await sql('delete from auth.sessions where id = $1', [id]);
      await sql('select supanest.sweep()');
      expect(await count()).toBe(2);
      // At once, so that no other suite writes a row without its trigger.
      await sql(`
        alter table supanest.credentials disable trigger credentials_touch;
        update supanest.credentials set updated_at = now() - interval '2 hours' where id = '${id}';
        alter table supanest.credentials enable trigger credentials_touch`);
      await sql(
        `update supanest.refresh_families set rotated_at = now() - interval '2 hours' where session_id = $1`,
        [id],
      );
      await sql('select supanest.sweep()');
      expect(await count()).toBe(0);
    });
  });
});
