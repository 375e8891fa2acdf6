import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/database.service.js';
import { unavailable } from '../../src/platform/errors/errors.js';
import type { Actor } from '../../src/platform/http/actor.js';
import type { SupabaseAuth } from '../../src/supabase/supabase-auth.service.js';
import { SupabaseUsersService } from '../../src/users/supabase-users.service.js';
import { UsersRepository } from '../../src/users/users.repository.js';
import { engines, migrated, type TestDatabase } from '../harness/postgres.js';

// A database of its own: the others have administrators of other suites in them.
describe.each(engines)('the last administrator, on $engine', ({ create }) => {
  let database: TestDatabase;
  let pool: Database;
  let users: UsersRepository;
  let admins: string[];

  beforeAll(async () => {
    database = await migrated(create);
    pool = new Database({ url: database.url, poolSize: 4 });
    users = new UsersRepository(pool);
  });
  beforeEach(async () => {
    await database.sql(`update supanest.profiles set role = 'user' where role = 'admin'`);
    admins = [randomUUID(), randomUUID()];
    for (const id of admins) {
      await database.sql('insert into auth.users (id, email) values ($1, $2)', [id, `${id}@example.com`]);
      await database.sql(`update supanest.profiles set role = 'admin' where user_id = $1`, [id]);
    }
  });
  afterAll(async () => {
    await pool.close();
    await database.close();
  });

  const left = async (): Promise<string[]> =>
    (
      await database.sql<{ user_id: string }>(
        `select user_id from supanest.profiles where role = 'admin' and is_active`,
      )
    ).map(({ user_id }) => user_id);
  const nth = (index: number): string => admins[index] ?? '';

  it.each([{ role: 'user' as const }, { is_active: false }])('should not go by %j', async (change) => {
    expect(await users.change(nth(0), nth(0), change)).toMatchObject({ user_id: nth(0) });
    expect(await users.change(nth(1), nth(1), change)).toBe('last_admin');
    expect(await left()).toEqual([nth(1)]);
  });

  it('should stay what it is under other changes', async () => {
    await users.change(nth(0), nth(0), { role: 'user' });
    expect(await users.change(nth(1), nth(1), { subscription_tier: 'basic', is_active: true })).toMatchObject(
      {
        subscription_tier: 'basic',
        role: 'admin',
      },
    );
  });

  it('should remain when two demote each other at the same time', async () => {
    for (let round = 0; round < 10; round += 1) {
      const results = await Promise.all([
        users.change(nth(0), nth(1), { role: 'user' }),
        users.change(nth(1), nth(0), { is_active: false }),
      ]);
      expect(results.filter((result) => result === 'last_admin')).toHaveLength(1);
      expect(await left()).toHaveLength(1);
      await database.sql(
        `update supanest.profiles set role = 'admin', is_active = true where user_id = any ($1)`,
        [admins],
      );
    }
  });

  const actor = (userId: string): Actor => ({ id: 1, userId, email: null, role: 'admin', tier: 'free' });
  /** As Supabase does it, to those who exist there. */
  const deleting = (deleteUser: (userId: string) => Promise<unknown>): SupabaseUsersService =>
    new SupabaseUsersService(
      { deleteUser: ({ userId }: { userId: string }) => deleteUser(userId) } as unknown as SupabaseAuth,
      users,
    );

  it('should remain when two delete each other at the same time', async () => {
    const service = deleting((id) => database.sql('delete from auth.users where id = $1', [id]));
    const results = await Promise.allSettled([
      service.delete(actor(nth(0)), nth(1)),
      service.delete(actor(nth(1)), nth(0)),
    ]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(results.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { kind: 'conflict' },
    });
    expect(await left()).toHaveLength(1);
  });

  it('should be an administrator as before when Supabase does not delete', async () => {
    const service = deleting(() => Promise.reject(unavailable()));
    await expect(service.delete(actor(nth(0)), nth(1))).rejects.toMatchObject({ kind: 'unavailable' });
    expect((await left()).sort()).toEqual([...admins].sort());
  });
});
