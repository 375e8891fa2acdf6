import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { engines, MIGRATIONS, migrated, type TestDatabase } from '../harness/postgres.js';

const MIGRATION = readFileSync(join(MIGRATIONS, '20261121114100_user_files.sql'), 'utf8');

describe.each(engines)('the bucket user-files on $engine', ({ create }) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await migrated(create);
  });
  afterAll(() => database.close());

  const policies = async (): Promise<number> =>
    (await database.sql(`select from pg_policies where schemaname = 'storage'`)).length;

  it('should be there, private, and made only once', async () => {
    expect(await database.sql(`select id, public from storage.buckets`)).toEqual([
      { id: 'user-files', public: false },
    ]);
    const before = await policies();
    await database.sql(MIGRATION);
    expect(await policies()).toBe(before);
  });

  it('should be left out where there is no Supabase Storage', async () => {
    await database.sql('begin');
    await database.sql('drop schema storage cascade');
    await expect(database.sql(MIGRATION)).resolves.toEqual([]);
    await database.sql('rollback');
  });
});
