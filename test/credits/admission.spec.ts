import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { randomUUID } from 'node:crypto';
import { AdmissionRepository } from '../../src/credits/admission.repository.js';
import { AttemptsRepository } from '../../src/credits/attempts.repository.js';
import { TiersRepository } from '../../src/credits/tiers.repository.js';
import { Database } from '../../src/platform/database/database.service.js';
import { engines, migrated, type TestDatabase } from '../harness/postgres.js';

describe.each(engines)('admission on $engine', ({ create }) => {
  let database: TestDatabase;
  let pools: Database[];
  let doors: AdmissionRepository[];
  let tiers: TiersRepository;
  const sql: TestDatabase['sql'] = (text, params) => database.sql(text, params);

  const signUp = async (): Promise<{ userId: string; sessionId: string }> => {
    const [userId, sessionId] = [randomUUID(), randomUUID()];
    await sql('insert into auth.users (id, email) values ($1, $2)', [userId, userId]);
    await sql('insert into auth.sessions (id, user_id) values ($1, $2)', [sessionId, userId]);
    return { userId, sessionId };
  };
  const admit = (applicant: { userId?: string; sessionId?: string; address?: string }, process = 0) => {
    const door = doors[process % doors.length];
    if (!door) throw new Error('no door');
    return door.admit({ address: '192.0.2.1', ...applicant });
  };
  const firstPool = (): Database => {
    const [pool] = pools;
    if (!pool) throw new Error('no pool');
    return pool;
  };
  const anonymous = () => ({ address: `test-${randomUUID()}` });
  const used = (userId: string, count: number) =>
    sql(
      `insert into supanest.request_counters
       select 'user:' || id, (now() at time zone 'utc')::date, $2, $2, 0, 0 from supanest.profiles where user_id = $1
       on conflict (subject, day) do update set requests = excluded.requests`,
      [userId, count],
    );

  beforeAll(async () => {
    database = await migrated(create);
    pools = [0, 1].map(() => new Database({ url: database.url, poolSize: 4 }));
    doors = pools.map((pool) => new AdmissionRepository(pool));
    tiers = new TiersRepository(firstPool());
  });
  afterAll(async () => {
    await Promise.all(pools.map((pool) => pool.close()));
    await database.close();
  });

  it('should say who it is, what he may, and how long the day is', async () => {
    const user = await signUp();
    const admission = await admit(user);
    expect(admission).toMatchObject({
      verdict: 'admitted',
      role: 'user',
      tier: 'free',
      isActive: true,
      sessionRevoked: false,
      dailyLimit: 100,
      used: 1,
    });
    const secondsOfDay = (Date.now() / 1000) % 86_400;
    expect(Math.abs(admission.resetSeconds - (86_400 - secondsOfDay))).toBeLessThan(5);
    expect(await admit(user)).toMatchObject({ used: 2 });
  });

  it('should admit exactly as many as the limit, over two processes and any batches', async () => {
    const user = await signUp();
    const admissions = await Promise.all(Array.from({ length: 137 }, (_, n) => admit(user, n)));
    const passed = admissions.filter(({ verdict }) => verdict === 'admitted');
    expect(passed.map((admission) => admission.used).sort((a, b) => Number(a) - Number(b))).toEqual(
      Array.from({ length: 100 }, (_, n) => n + 1),
    );
    const refused = admissions.filter(({ verdict }) => verdict !== 'admitted');
    expect(refused.map((admission) => [admission.verdict, admission.used])).toEqual(
      Array.from({ length: 37 }, () => ['over_limit', 100]),
    );
  });

  it('should not count what it refuses, so that a better tier has all of its difference', async () => {
    const user = await signUp();
    await used(user.userId, 99);
    await Promise.all(Array.from({ length: 20 }, () => admit(user)));
    expect(await admit(user)).toMatchObject({ verdict: 'over_limit', used: 100 });
    await sql("update supanest.profiles set subscription_tier = 'basic' where user_id = $1", [user.userId]);
    expect(await admit(user)).toMatchObject({
      verdict: 'admitted',
      tier: 'basic',
      dailyLimit: 1000,
      used: 101,
    });
    await sql("update supanest.profiles set subscription_tier = 'free' where user_id = $1", [user.userId]);
    expect(await admit(user)).toMatchObject({ verdict: 'over_limit', dailyLimit: 100, used: 101 });
  });

  it('should follow a changed tier at once and tell its version', async () => {
    const user = await signUp();
    const before = await admit(user);
    expect(await tiers.update('free', { dailyRequests: 1 })).toEqual({
      name: 'free',
      dailyRequests: 1,
      signupCredits: 100,
    });
    expect(await admit(user, 1)).toMatchObject({ verdict: 'over_limit', version: before.version + 1 });
    await tiers.update('free', { dailyRequests: 100 });
    expect(await tiers.update('gold', { dailyRequests: 1 })).toBeUndefined();
    await expect(tiers.update('free', { dailyRequests: -1 })).rejects.toMatchObject({ kind: 'validation' });
    expect((await tiers.all()).map(({ name, dailyRequests }) => [name, dailyRequests])).toEqual([
      ['anonymous', 100],
      ['free', 100],
      ['basic', 1_000],
      ['premium', 5_000],
      ['enterprise', 10_000],
    ]);
  });

  it('should begin anew with the UTC day', async () => {
    const user = await signUp();
    await used(user.userId, 100);
    expect(await admit(user)).toMatchObject({ verdict: 'over_limit' });
    await sql(
      "update supanest.request_counters set day = day - 1 where subject like 'user:%' and requests = 100",
    );
    expect(await admit(user)).toMatchObject({ verdict: 'admitted', used: 1 });
  });

  it('should count strangers by their address', async () => {
    const [here, there] = [anonymous(), anonymous()];
    expect(await admit(here)).toMatchObject({ tier: 'anonymous', dailyLimit: 100, used: 1, profileId: null });
    const admissions = await Promise.all(Array.from({ length: 110 }, (_, n) => admit(here, n)));
    expect(admissions.filter(({ verdict }) => verdict === 'admitted')).toHaveLength(99);
    expect(await admit(there)).toMatchObject({ verdict: 'admitted', used: 1 });
  });

  it('should neither limit nor count admins', async () => {
    const user = await signUp();
    await sql("update supanest.profiles set role = 'admin' where user_id = $1", [user.userId]);
    await used(user.userId, 5_000);
    expect(await admit(user)).toMatchObject({
      verdict: 'admitted',
      role: 'admin',
      dailyLimit: null,
      used: null,
    });
  });

  describe('whom it refuses, without counting', () => {
    const refused = async (arrange: (user: { userId: string; sessionId: string }) => Promise<unknown>) => {
      const user = await signUp();
      expect(await admit(user)).toMatchObject({ verdict: 'admitted', used: 1 });
      await arrange(user);
      const admission = await admit(user, 1);
      expect(admission.used).toBeNull();
      return admission;
    };

    it('should refuse a session that ended at Supabase', async () => {
      const admission = await refused(({ sessionId }) =>
        sql('delete from auth.sessions where id = $1', [sessionId]),
      );
      expect(admission).toMatchObject({ verdict: 'session_revoked', sessionRevoked: true });
    });

    it('should refuse a session that was signed out here', async () => {
      const admission = await refused(({ sessionId }) =>
        sql(
          "insert into supanest.revoked_sessions (session_id, expires_at) values ($1, now() + interval '1 hour')",
          [sessionId],
        ),
      );
      expect(admission).toMatchObject({ verdict: 'session_revoked' });
    });

    it('should refuse a session whose time is over', async () => {
      const admission = await refused(({ sessionId }) =>
        sql('update auth.sessions set not_after = now() where id = $1', [sessionId]),
      );
      expect(admission).toMatchObject({ verdict: 'session_revoked' });
    });

    it("should refuse another user's session", async () => {
      const [mine, theirs] = [await signUp(), await signUp()];
      expect(await admit({ userId: mine.userId, sessionId: theirs.sessionId })).toMatchObject({
        verdict: 'session_revoked',
      });
    });

    it('should refuse an inactive user', async () => {
      const admission = await refused(({ userId }) =>
        sql('update supanest.profiles set is_active = false where user_id = $1', [userId]),
      );
      expect(admission).toMatchObject({ verdict: 'inactive', isActive: false });
    });

    it('should refuse a deleted user', async () => {
      const admission = await refused(({ userId }) => sql('delete from auth.users where id = $1', [userId]));
      expect(admission).toMatchObject({ verdict: 'unknown_user', profileId: null });
    });

    it('should refuse whom Supabase does not know', async () => {
      expect(await admit({ userId: randomUUID() })).toMatchObject({ verdict: 'unknown_user' });
    });
  });

  it('should take a token without a session', async () => {
    const { userId } = await signUp();
    expect(await admit({ userId })).toMatchObject({ verdict: 'admitted', sessionRevoked: false });
  });

  it('should give a user of Supabase without a profile one, once, with its grant', async () => {
    const userId = randomUUID();
    await sql('alter table auth.users disable trigger user');
    await sql('insert into auth.users (id) values ($1)', [userId]);
    await sql('alter table auth.users enable trigger user');
    const admissions = await Promise.all(Array.from({ length: 10 }, (_, n) => admit({ userId }, n)));
    expect(new Set(admissions.map(({ profileId }) => profileId)).size).toBe(1);
    expect(admissions.every(({ verdict }) => verdict === 'admitted')).toBe(true);
    expect(await sql('select * from supanest.ledger_violations()')).toEqual([]);
  });

  it('should count right in any mixture of users, sessions and addresses', async () => {
    const users = await Promise.all([signUp(), signUp(), signUp()]);
    await tiers.update('free', { dailyRequests: 1_000 });
    await tiers.update('anonymous', { dailyRequests: 7 });
    const expected = new Map<string, number>();
    await fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(fc.nat(5), fc.nat(1)), { maxLength: 40 }), async (requests) => {
        const addresses = [anonymous(), anonymous()];
        const answers = await Promise.all(
          requests.map(async ([who, process]) => {
            const user = users[who % 4];
            const applicant = user ?? addresses[who % 2] ?? anonymous();
            const key = user?.userId ?? (applicant as { address: string }).address;
            return { key, admission: await admit(applicant, process) };
          }),
        );
        for (const { key, admission } of answers) {
          if (admission.verdict === 'admitted') expected.set(key, (expected.get(key) ?? 0) + 1);
          else expect(admission).toMatchObject({ verdict: 'over_limit', tier: 'anonymous', used: 7 });
        }
        for (const { userId } of users) {
          const [row] = await sql<{ requests: number }>(
            `select c.requests from supanest.request_counters c
             join supanest.profiles p on c.subject = 'user:' || p.id where p.user_id = $1`,
            [userId],
          );
          expect(row?.requests ?? 0).toBe(expected.get(userId) ?? 0);
        }
        for (const { address } of addresses) expect(expected.get(address) ?? 0).toBeLessThanOrEqual(7);
      }),
      { numRuns: 25 },
    );
    await tiers.update('free', { dailyRequests: 100 });
    await tiers.update('anonymous', { dailyRequests: 100 });
  });

  describe('attempts', () => {
    const attempts = () => new AttemptsRepository(firstPool());
    const limited = (limit: number, windowSeconds = 60) => ({ key: randomUUID(), limit, windowSeconds });

    it('should be allowed up to the limit of each key', async () => {
      const [email, address] = [limited(2), limited(3)];
      expect(await attempts().count([email, address])).toEqual({ allowed: true, retryAfter: 0 });
      expect(await attempts().count([email, address])).toEqual({ allowed: true, retryAfter: 0 });
      const third = await attempts().count([email, address]);
      expect(third.allowed).toBe(false);
      expect(third.retryAfter).toBeGreaterThan(50);
      expect(third.retryAfter).toBeLessThanOrEqual(60);
      expect(await attempts().count([address])).toMatchObject({ allowed: false });
    });

    it('should be counted exactly when they come at once', async () => {
      const key = limited(10);
      const verdicts = await Promise.all(Array.from({ length: 40 }, () => attempts().count([key])));
      expect(verdicts.filter(({ allowed }) => allowed)).toHaveLength(10);
    });

    it('should be free again when the window is over, and not prolong it before', async () => {
      const key = limited(1);
      await attempts().count([key]);
      await attempts().count([key]);
      const ends = await sql(
        'select ends_at from supanest.attempt_windows where hits = 2 order by ends_at desc limit 1',
      );
      await attempts().count([key]);
      expect(
        await sql(
          'select ends_at from supanest.attempt_windows where hits = 3 order by ends_at desc limit 1',
        ),
      ).toEqual(ends);
      await sql("update supanest.attempt_windows set ends_at = now() - interval '1 second'");
      expect(await attempts().count([key])).toMatchObject({ allowed: true });
    });

    it('should leave nothing readable behind', async () => {
      await attempts().count([{ key: 'login:ann@example.com', limit: 1, windowSeconds: 60 }]);
      expect(await sql("select key from supanest.attempt_windows where key like '%ann@%'")).toEqual([]);
    });
  });
});
