import { describe, expect, it, jest } from '@jest/globals';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import postgres from 'postgres';
import { startLocalPostgres } from '../../src/postgres/local.postgres.ts';
import { asksForPostgis } from '../../src/postgres/wanted.edition.ts';

// On a busy machine everything takes longer; nothing here waits for a time to pass.
jest.setTimeout(120_000);

describe('Postgres with PostGIS', () => {
  it('should be wanted where a migration speaks of it', async () => {
    const workdir = await mkdtemp(join(tmpdir(), 'local-supabase-postgis-'));
    const migrations = join(workdir, 'supabase', 'migrations');
    await mkdir(migrations, { recursive: true });
    expect(await asksForPostgis(workdir)).toBe(false);
    await writeFile(join(migrations, '1_a.sql'), 'create table a (b int);');
    expect(await asksForPostgis(workdir)).toBe(false);
    await writeFile(
      join(migrations, '2_b.sql'),
      'create extension if not exists "postgis" schema extensions;',
    );
    expect(await asksForPostgis(workdir)).toBe(true);
    await rm(workdir, { recursive: true });
  });

  it('should have it, and speak the protocol like the other build', async () => {
    const server = await startLocalPostgres({ dataDir: undefined, port: 0, postgis: true });
    const sql = postgres(server.url, { max: 1 });
    const outcomes = async (queries: Promise<unknown>[]): Promise<string[]> =>
      (await Promise.allSettled(queries)).map(({ status }) => status);
    try {
      const known =
        await sql`select name from pg_available_extensions where name in ('postgis', 'postgres_fdw') order by 1`;
      expect(known.map(({ name }) => name as string)).toEqual(['postgis', 'postgres_fdw']);
      expect(
        await outcomes([
          sql`select 1`,
          sql`select 1 / ${0}::int`,
          sql`select * from nowhere`,
          sql.unsafe('nonsense'),
          sql`select 2`,
        ]),
      ).toEqual(['fulfilled', 'rejected', 'rejected', 'rejected', 'fulfilled']);
      await sql`create table a (i int primary key, b int references a deferrable initially deferred)`;
      // This one fails at the end of its transaction, at Sync.
      expect(await outcomes([sql`insert into a values (1, 2)`, sql`select 3`])).toEqual([
        'rejected',
        'fulfilled',
      ]);
      await sql.unsafe(`create extension postgres_fdw; create server other foreign data wrapper postgres_fdw;
        create foreign table far (i int) server other`);
      await expect(sql`select * from far`).rejects.toMatchObject({ code: '55000' });
      await sql`create extension vector`;
      expect(await sql`select '[1,2]'::vector <-> '[1,0]' as distance`).toEqual([{ distance: 2 }]);
    } finally {
      await sql.end();
      await server.close();
    }
  });
});
