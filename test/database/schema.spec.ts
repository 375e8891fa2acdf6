import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { AdmissionRepository } from '../../src/credits/admission.repository.js';
import { routeKey } from '../../src/credits/rate-path.js';
import { Database } from '../../src/platform/database/database.service.js';
import { engines, migrated, type TestDatabase } from '../harness/postgres.js';

describe.each(engines)('the private schema on $engine', ({ create }) => {
  let database: TestDatabase;
  const sql: TestDatabase['sql'] = (text, params) => database.sql(text, params);
  const signUp = async (email = `${randomUUID()}@example.com`): Promise<string> => {
    const id = randomUUID();
    await sql('insert into auth.users (id, email) values ($1, $2)', [id, email]);
    return id;
  };
  const profile = async (user: string) =>
    (await sql<Record<string, unknown>>('select * from supanest.profiles where user_id = $1', [user]))[0];

  beforeAll(async () => {
    database = await create();
  });
  afterAll(() => database.close());

  it('should give users who were there before a profile', async () => {
    const id = await signUp('early@example.com');
    await migrated(() => Promise.resolve(database));
    expect(await profile(id)).toMatchObject({
      email: 'early@example.com',
      credits_balance: '100',
      role: 'user',
    });
  });

  describe('what nobody but the service reaches', () => {
    it.each(['anon', 'authenticated', 'service_role'])('should be closed to %s', async (role) => {
      const open = await sql(
        `select 'schema' as thing where has_schema_privilege($1, 'supanest', 'usage, create')
         union all
         select c.oid::regclass::text from pg_class c
         where c.relnamespace = 'supanest'::regnamespace and c.relkind in ('r', 'v', 'm', 'p')
           and has_table_privilege($1, c.oid, 'select, insert, update, delete, truncate, references, trigger')
         union all
         select c.oid::regclass::text from pg_class c
         where c.relnamespace = 'supanest'::regnamespace and case when c.relkind = 'S' then has_sequence_privilege($1, c.oid, 'usage, select, update') end
         union all
         select p.oid::regprocedure::text from pg_proc p
         where p.pronamespace = 'supanest'::regnamespace and has_function_privilege($1, p.oid, 'execute')`,
        [role],
      );
      expect(open).toEqual([]);
    });

    it('should have row-level security on each table and a fixed search path in each function', async () => {
      const loose = await sql(
        `select c.relname as name from pg_class c
         where c.relnamespace = 'supanest'::regnamespace and c.relkind = 'r' and not c.relrowsecurity
         union all
         select p.proname from pg_proc p
         where p.pronamespace = 'supanest'::regnamespace and not coalesce('search_path=""' = any (p.proconfig), false)`,
      );
      // Becomes part of the functions that call it, and of their settings: with its own, Postgres would not inline it.
      expect(loose).toEqual([{ name: 'judge' }]);
    });

    it('should name the rows of each change: a project may refuse others (pg_safeupdate)', async () => {
      const functions = await sql<{ name: string; source: string }>(
        `select proname as name, prosrc as source from pg_proc where pronamespace = 'supanest'::regnamespace`,
      );
      const changes = functions.flatMap(({ name, source }) =>
        source
          .replace(/--.*/g, '')
          .split(';')
          .flatMap((statement) => statement.split(/\b(?=update supanest\.|delete from supanest\.)/i).slice(1))
          .map((change) => ({ name, change })),
      );
      expect(changes.length).toBeGreaterThan(10);
      expect(changes.filter(({ change }) => !/\bwhere\b/i.test(change))).toEqual([]);
    });

    it('should be described: each table and each function', async () => {
      const silent = await sql(
        `select c.relname as name from pg_class c
         where c.relnamespace = 'supanest'::regnamespace and c.relkind = 'r' and obj_description(c.oid, 'pg_class') is null
         union all
         select p.proname from pg_proc p
         where p.pronamespace = 'supanest'::regnamespace and obj_description(p.oid, 'pg_proc') is null`,
      );
      expect(silent).toEqual([]);
    });
  });

  describe('profiles', () => {
    it('should appear with the user, with the sign-up grant in the same transaction', async () => {
      const id = await signUp();
      expect(await profile(id)).toMatchObject({
        subscription_tier: 'free',
        credits_balance: '100',
        is_active: true,
      });
      const rows = await sql(
        `select t.kind, t.amount, t.balance_after, t.operation_id, p.created_at = t.created_at as together
         from supanest.credit_transactions t join supanest.profiles p on p.id = t.profile_id where p.user_id = $1`,
        [id],
      );
      expect(rows).toEqual([
        { kind: 'grant', amount: '100', balance_after: '100', operation_id: id, together: true },
      ]);
    });

    it('should follow a change of e-mail', async () => {
      const id = await signUp();
      await sql('update auth.users set email = $2 where id = $1', [id, 'new@example.com']);
      expect(await profile(id)).toMatchObject({ email: 'new@example.com' });
    });

    it('should stay, nameless and inactive, when the user is deleted', async () => {
      const id = await signUp();
      await sql('delete from auth.users where id = $1', [id]);
      expect(await profile(id)).toMatchObject({ email: null, is_active: false, credits_balance: '100' });
      expect((await profile(id))?.deleted_at).toBeInstanceOf(Date);
    });

    it('should retire when Supabase deletes softly', async () => {
      const id = await signUp();
      await sql('update auth.users set deleted_at = now() where id = $1', [id]);
      expect(await profile(id)).toMatchObject({ email: null, is_active: false });
    });

    it('should go on without a second grant when a deleted user is restored', async () => {
      const id = await signUp();
      await sql('delete from auth.users where id = $1', [id]);
      await sql('insert into auth.users (id, email) values ($1, $2)', [id, 'back@example.com']);
      expect(await profile(id)).toMatchObject({
        email: 'back@example.com',
        is_active: true,
        credits_balance: '100',
      });
    });

    it('should have no grant in a tier without sign-up credits', async () => {
      await sql("update supanest.tiers set signup_credits = 0 where name = 'free'");
      const id = await signUp();
      await sql("update supanest.tiers set signup_credits = 100 where name = 'free'");
      expect(await profile(id)).toMatchObject({ credits_balance: '0' });
      expect(await sql('select * from supanest.ledger_violations()')).toEqual([]);
    });

    it('should not keep anybody from signing up, and never appear without the grant', async () => {
      await sql(
        'alter table supanest.credit_transactions add constraint broken check (amount <> 100) not valid',
      );
      const id = await signUp();
      expect(await profile(id)).toBeUndefined();
      await sql('alter table supanest.credit_transactions drop constraint broken');
      await sql('select * from supanest.admit(array[$1::uuid], array[null::uuid], array[null])', [id]);
      expect(await profile(id)).toMatchObject({ credits_balance: '100' });
    });
  });

  describe('the ledger', () => {
    it.each([
      ['update', 'update supanest.credit_transactions set amount = amount'],
      ['update of no row', 'update supanest.credit_transactions set amount = 1 where false'],
      ['delete', 'delete from supanest.credit_transactions'],
      ['truncate', 'truncate supanest.credit_transactions'],
      ['truncate from afar', 'truncate supanest.profiles cascade'],
      ['delete of a profile', 'delete from supanest.profiles'],
    ])('should refuse %s', async (_, statement) => {
      const id = await signUp();
      await expect(sql(statement)).rejects.toThrow(
        /append-only|violates foreign key|referenced in a foreign key/,
      );
      expect(await profile(id)).toMatchObject({ credits_balance: '100' });
    });

    it.each([
      [
        'a negative balance',
        'credits_balance = -1, credits_used = 101',
        'profiles_credits_balance_not_negative',
      ],
      ['a balance without its totals', 'credits_balance = 7', 'profiles_balance_is_added_minus_used'],
      ['a tier that is none', "subscription_tier = 'gold'", 'profiles_subscription_tier_exists'],
      ['the tier of nobody', "subscription_tier = 'anonymous'", 'profiles_subscription_tier_is_for_users'],
      ['a role that is none', "role = 'root'", 'profiles_role_known'],
    ])('should not take %s', async (_, change, constraint) => {
      const id = await signUp();
      await expect(sql(`update supanest.profiles set ${change} where user_id = $1`, [id])).rejects.toThrow(
        constraint,
      );
    });

    it.each([
      ["'charge', 5", 'amount_has_the_sign_of_its_kind'],
      ["'grant', -5", 'amount_has_the_sign_of_its_kind'],
      ["'grant', 0", 'amount_has_the_sign_of_its_kind'],
      ["'adjustment', 0", 'amount_has_the_sign_of_its_kind'],
      ["'gift', 5", 'kind_known'],
      ["'refund', 5", 'refund_names_its_charge'],
    ])('should not take a row of %s', async (values, constraint) => {
      await expect(
        sql(`insert into supanest.credit_transactions (profile_id, kind, amount, balance_after, operation_id, actor, reason)
             select id, ${values}, 5, gen_random_uuid(), gen_random_uuid(), 'why' from supanest.profiles limit 1`),
      ).rejects.toThrow(constraint);
    });

    it('should be proven by ledger_violations, which finds each kind of damage', async () => {
      const id = await signUp();
      const [{ pid } = { pid: 0 }] = await sql<{ pid: number }>(
        'select id as pid from supanest.profiles where user_id = $1',
        [id],
      );
      const damage = (statement: string) =>
        sql<{ rule: string }>(
          `with damaged as (${statement} returning 1) select 'x' as rule from damaged`,
        ).then(() =>
          sql<{ rule: string }>('select distinct rule from supanest.ledger_violations() order by rule'),
        );
      expect(await sql('select * from supanest.ledger_violations()')).toEqual([]);
      const found = await damage(
        `update supanest.profiles set credits_balance = 90, credits_added = 90 where id = ${pid}`,
      );
      expect(found.map(({ rule }) => rule)).toEqual([
        'balance is the sum of the rows',
        'totals are the sums of their kinds',
      ]);
      const chain = await damage(
        `insert into supanest.credit_transactions (profile_id, kind, amount, balance_after, operation_id)
         values (${pid}, 'charge', -10, 80, gen_random_uuid())`,
      );
      expect(chain.map(({ rule }) => rule)).toContain('each row continues from the one before');
      const refund = await damage(
        `insert into supanest.credit_transactions (profile_id, kind, amount, balance_after, charge_id)
         select ${pid}, 'refund', 3, 83, max(id) from supanest.credit_transactions where kind = 'charge'`,
      );
      expect(refund.map(({ rule }) => rule)).toContain(
        'a refund gives back one whole charge of the same profile',
      );
    });
  });

  describe('the configuration', () => {
    const version = async () =>
      (await sql<{ version: string }>('select version from supanest.configuration'))[0]?.version;

    it.each([
      "update supanest.tiers set daily_requests = 101 where name = 'anonymous'",
      "insert into supanest.credit_usage_rates (endpoint_path, credits_per_request) values ('/a', 1)",
      'update supanest.credit_usage_rates set credits_per_request = 2',
      'delete from supanest.credit_usage_rates',
    ])('should have a new version after %s', async (change) => {
      const before = Number(await version());
      await sql(change);
      expect(Number(await version())).toBe(before + 1);
    });

    it('should have one active rate for all spellings of a route and method', async () => {
      const add = (path: string, method: string | null, active = true) =>
        sql(
          'insert into supanest.credit_usage_rates (endpoint_path, method, credits_per_request, is_active) values ($1, $2, 1, $3)',
          [path, method, active],
        );
      await add('/api/x/:id', null);
      await add('/api/x/:id', 'GET');
      await add('/api/x/:id', null, false);
      await expect(add('/api/v1/x/{name}/', null)).rejects.toThrow('one_active_per_route_and_method');
      await expect(add('x', null)).rejects.toThrow('endpoint_path_format');
    });

    it('should normalise paths as the matcher does', async () => {
      const paths = [
        '/',
        '/api',
        '/api/',
        '/api/v1',
        '/api/v1/',
        '/api/v1x',
        '/apix',
        '//',
        '/api//x',
        '/api/v1/api/x',
        '/a/:b/',
        '/a/{b}/c',
        '/a/:b:c/d',
        '/a/*',
        '/a/*rest/b',
        '/a*',
        '/:',
        '/a/:/b',
        '/{a}{b}/c',
        '/a/x:y',
        '/v1/x',
      ];
      const keys = await sql<{ key: string }>(
        'select supanest.route_key(p) as key from unnest($1::text[]) with ordinality as i (p, n) order by n',
        [paths],
      );
      expect(keys.map(({ key }) => key)).toEqual(paths.map(routeKey));
    });
  });

  it('should be swept of what no longer decides anything', async () => {
    await sql(`insert into supanest.request_counters values ('ip:old', '2020-01-01', 1, 1, 1, 1);
               insert into supanest.attempt_windows values ('old', 1, '2020-01-01');
               insert into supanest.revoked_sessions (session_id, expires_at) values (gen_random_uuid(), '2020-01-01')`);
    const pool = new Database({ url: database.url });
    await new AdmissionRepository(pool).sweep();
    await pool.close();
    const left = await sql(`select subject from supanest.request_counters where day < '2021-01-01'
      union all select key from supanest.attempt_windows where ends_at < '2021-01-01'
      union all select session_id::text from supanest.revoked_sessions where expires_at < '2021-01-01'`);
    expect(left).toEqual([]);
  });
});
