import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readMigrations } from '../../src/platform/database/migration-files.js';
import { migrate } from '../../src/platform/database/migrator.js';
import { engines, MIGRATIONS, type TestDatabase } from '../harness/postgres.js';
import { dumpSchema } from '../harness/schema-dump.js';

describe.each(engines)('migrate on $engine', ({ create }) => {
  let database: TestDatabase;
  let directory: string;
  const run = (includeAll = false) => migrate({ url: database.url, directory, includeAll });
  const history = () =>
    database.sql<{ version: string; name: string; statements: string[] }>(
      'select version, name, statements from supabase_migrations.schema_migrations order by version',
    );

  beforeAll(async () => {
    database = await create();
    directory = await mkdtemp(join(tmpdir(), 'migrations-'));
    await cp(MIGRATIONS, directory, { recursive: true });
  });
  afterAll(async () => {
    await database.close();
    await rm(directory, { recursive: true });
  });

  it('should apply each file once when many replicas start at the same time', async () => {
    const replicas = await Promise.all([run(), run(), run(), run()]);
    const files = (await readMigrations(MIGRATIONS)).map(({ file }) => file);
    expect(replicas.flatMap(({ applied }) => applied).sort()).toEqual(files);
    expect((await run()).applied).toEqual([]);
  });

  it('should keep the history as the Supabase CLI does', async () => {
    const rows = await history();
    expect(rows.map(({ version, name }) => `${version}_${name}.sql`)).toEqual(
      (await readMigrations(MIGRATIONS)).map(({ file }) => file),
    );
    expect(rows[0]?.statements).toContain('revoke all on schema supanest from public');
  });

  it('should make no difference when run again, nor to what whole files run by another tool make', async () => {
    const before = await dumpSchema(database);
    expect(before).toContain('credit_transactions_append_only');
    await run();
    expect(await dumpSchema(database)).toBe(before);

    const other = await create();
    for (const { file } of await readMigrations(MIGRATIONS)) {
      await other.sql(await readFile(join(MIGRATIONS, file), 'utf8'));
    }
    expect(await dumpSchema(other)).toBe(before);
    await other.close();
  });

  it('should do with the rights that hosted Supabase gives', async () => {
    const hosted = await create();
    const role = `hosted_${randomBytes(4).toString('hex')}`;
    const auth = `auth_${randomBytes(4).toString('hex')}`;
    // There, postgres is no superuser and does not own the tables of auth; it may read them (also past row-level security)
    // and put triggers on them. Nor does it own those of storage, yet it may write them and put policies on them, which here
    // takes the owner.
    await hosted.sql(`create role ${role} login password 'x' nosuperuser bypassrls; create role ${auth}; grant ${auth} to current_user;
      alter table auth.users owner to ${auth}; alter table auth.sessions owner to ${auth};
      grant create on database ${new URL(hosted.url).pathname.slice(1)} to ${role};
      grant usage on schema auth to ${role}, ${auth}; grant all on all tables in schema auth to ${role};
      do $$ begin
        if to_regnamespace('storage') is not null then
          grant usage on schema storage to ${role};
          alter table storage.buckets owner to ${role}; alter table storage.objects owner to ${role};
        end if;
      end $$;
      drop schema if exists supabase_migrations cascade`);
    const url = new URL(hosted.url);
    url.username = role;
    url.password = 'x';
    expect((await migrate({ url: url.href, directory: MIGRATIONS })).applied).not.toEqual([]);
    await hosted.sql(`set role ${auth}; insert into auth.users (id, email) values (gen_random_uuid(), 'a@example.com');
      reset role`);
    const rows = await hosted.sql('select email, credits_balance from supanest.profiles');
    expect(rows).toEqual([{ email: 'a@example.com', credits_balance: '100' }]);
    await hosted.sql('update auth.users set email = null; delete from auth.users');
    await hosted.close();
    await database.sql(`drop role if exists ${role}; drop role if exists ${auth}`);
  });

  it('should undo a failing file as a whole and name the statement', async () => {
    const file = join(directory, '29990101000000_broken.sql');
    await writeFile(file, 'create table supanest.half (id int);\nselect 1 / 0;');
    await expect(run()).rejects.toThrow(/29990101000000_broken\.sql: division by zero\nin: select 1 \/ 0/);
    expect(await database.sql("select to_regclass('supanest.half') as half")).toEqual([{ half: null }]);
    await rm(file);
  });

  it('should refuse a file that was changed after it was applied', async () => {
    const file = join(directory, '20261121093100_tiers.sql');
    const original = await readFile(file, 'utf8');
    await writeFile(file, original.replace('10000, 10000', '10000, 9999'));
    await expect(run()).rejects.toThrow(/Changed after having been applied: 20261121093100_tiers\.sql/);
    await writeFile(file, `${original.replaceAll('\n', '\r\n')};\n`);
    expect((await run()).applied).toEqual([]);
    await writeFile(file, original);
  });

  it('should refuse a file older than the newest applied one, unless told', async () => {
    const file = join(directory, '20200101000000_late.sql');
    await writeFile(file, 'create table supanest.late (id int)');
    await expect(run()).rejects.toThrow(/20200101000000_late\.sql.*--include-all/);
    expect((await run(true)).applied).toEqual(['20200101000000_late.sql']);
    await rm(file);
  });

  it('should report versions it has no file for', async () => {
    expect((await run()).unknown).toEqual(['20200101000000']);
  });

  it('should accept a history written without statements', async () => {
    await database.sql('update supabase_migrations.schema_migrations set statements = null, name = null');
    expect((await run()).applied).toEqual([]);
  });

  it('should refuse two files with one version', async () => {
    const file = join(directory, '20261121093100_twin.sql');
    await writeFile(file, 'select 1');
    await expect(run()).rejects.toThrow(/same version/);
    await rm(file);
  });
});
