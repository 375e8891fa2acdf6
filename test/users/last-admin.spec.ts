import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Database } from '../../src/platform/database/database.service.js';
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
    expect(await users.isLastAdmin(nth(1).toUpperCase())).toBe(true);
    expect(await users.isLastAdmin(nth(0))).toBe(false);
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
});
