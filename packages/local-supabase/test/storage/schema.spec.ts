import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

/** As hosted projects have them in `supabase/migrations`. */
const MIGRATION = `
  insert into storage.buckets (id, name, public, file_size_limit, allowed_mime_types, avif_autodetection)
  values ('avatars', 'avatars', true, 1048576, array['image/png', 'image/jpeg'], false)
  on conflict (id) do update set public = excluded.public;
  create policy "Avatars are public" on storage.objects for select to public using (bucket_id = 'avatars');
  create policy "Own avatar" on storage.objects for insert to authenticated
    with check (bucket_id = 'avatars' and (select auth.uid())::text = (storage.foldername(name))[1]
      and storage.extension(name) = any (array['png', 'jpg']) and lower(storage.filename(name)) <> 'admin.png');
  create policy "Own files" on storage.objects for update to authenticated using (owner_id = (select auth.uid()::text));
  create policy "Users see buckets" on storage.buckets for select to authenticated using (true);
`;

describe('the schema', () => {
  let storage: RunningStorage;

  beforeAll(async () => {
    storage = await startStorage({
      config: {
        storage: {
          file_size_limit: '20MiB',
          buckets: {
            documents: {
              public: false,
              file_size_limit: '5MB',
              allowed_mime_types: ['text/*'],
              objects_path: './documents',
            },
          },
        },
      },
      prepare: async (workdir) => {
        await mkdir(join(workdir, 'supabase', 'migrations'), { recursive: true });
        await mkdir(join(workdir, 'supabase', 'documents', 'deep'), { recursive: true });
        await writeFile(join(workdir, 'supabase', 'migrations', '20260101000000_avatars.sql'), MIGRATION);
        await writeFile(join(workdir, 'supabase', 'documents', 'deep', 'read.md'), '# me');
      },
    });
  }, 60_000);
  afterAll(() => storage.stop());

  it('should take a hosted project’s migrations', async () => {
    expect((await storage.admin.getBucket('avatars')).data).toMatchObject({
      public: true,
      file_size_limit: 1048576,
    });
    const sub = '317eadce-631a-4429-a0bb-f19a7a517b4a';
    const user = (await storage.user(sub)).from('avatars');
    const png = { contentType: 'image/png' };
    expect((await user.upload(`${sub}/me.png`, 'x', png)).error).toBeNull();
    expect((await user.upload(`${sub}/admin.png`, 'x', png)).error).toMatchObject({ statusCode: '403' });
    expect((await user.upload(`${sub}/me.gif`, 'x', png)).error).toMatchObject({ statusCode: '403' });
  });

  it('should create the buckets of config.toml with their files', async () => {
    expect((await storage.admin.getBucket('documents')).data).toMatchObject({
      public: false,
      file_size_limit: 5 * 1024 * 1024,
      allowed_mime_types: ['text/*'],
    });
    const { data } = await storage.admin.from('documents').download('deep/read.md');
    expect(data?.type).toBe('text/markdown');
    await expect(data?.text()).resolves.toBe('# me');
  });

  it('should have the columns that hosted Supabase has', async () => {
    const { rows } = await storage.pool.query<{ name: string }>(`
      select table_name || '.' || column_name as name from information_schema.columns
      where table_schema = 'storage' and table_name in ('buckets', 'objects') order by table_name, column_name`);
    expect(rows.map(({ name }) => name)).toEqual(
      [
        ...[
          'allowed_mime_types',
          'avif_autodetection',
          'created_at',
          'file_size_limit',
          'id',
          'name',
          'owner',
          'owner_id',
        ],
        ...['public', 'type', 'updated_at'],
      ]
        .map((column) => `buckets.${column}`)
        .concat(
          [
            ...['bucket_id', 'created_at', 'id', 'last_accessed_at', 'metadata', 'name', 'owner', 'owner_id'],
            ...['path_tokens', 'updated_at', 'user_metadata', 'version'],
          ].map((column) => `objects.${column}`),
        ),
    );
  });

  it.each([
    [`select storage.foldername('a/b/c.tar.gz') as v`, ['a', 'b']],
    [`select storage.foldername('c.png') as v`, []],
    [`select storage.filename('a/b/c.tar.gz') as v`, 'c.tar.gz'],
    [`select storage.extension('a/b/c.tar.gz') as v`, 'gz'],
    [`select storage.get_common_prefix('a/b/c', 'a/', '/') as v`, 'a/b/'],
    [`select storage.get_common_prefix('a/b', 'a/', '/') as v`, null],
    [`select nullif(storage.operation(), '') as v`, null],
    [`select storage.allow_only_operation('object.list') as v`, false],
    [`select relrowsecurity as v from pg_class where oid = 'storage.objects'::regclass`, true],
    [`select size::int as v from storage.get_size_by_bucket() where bucket_id = 'documents'`, 4],
    [`select path_tokens as v from storage.objects where bucket_id = 'documents'`, ['deep', 'read.md']],
  ])('should answer %s', async (sql, value) => {
    const { rows } = await storage.pool.query<{ v: unknown }>(sql);
    expect(rows[0]?.v).toEqual(value);
  });

  it('should try an insert without doing it', async () => {
    await expect(
      storage.pool.query(`select storage.can_insert_object('documents', 'tried.txt', null, '{}')`),
    ).rejects.toMatchObject({ code: 'PT200', message: 'ROLLBACK' });
  });

  it('should keep plain SQL from deleting rows whose files would be left', async () => {
    await expect(storage.pool.query(`delete from storage.objects`)).rejects.toMatchObject({ code: '42501' });
    await expect(storage.pool.query(`delete from storage.buckets`)).rejects.toMatchObject({ code: '42501' });
    const client = await storage.pool.connect();
    await client.query(`begin; set local storage.allow_delete_query = 'true'`);
    await expect(client.query(`delete from storage.objects where name = 'nothing'`)).resolves.toMatchObject({
      rowCount: 0,
    });
    await client.query('rollback');
    client.release();
  });

  it('should hide everything from those whom no policy lets in', async () => {
    expect((await storage.anonymous.from('documents').list()).data).toEqual([]);
    expect((await storage.anonymous.listBuckets()).data).toEqual([]);
  });

  it('should start again on what is there', async () => {
    const before = await storage.pool.query('select id, name, hash from storage.migrations order by id');
    await storage.restart();
    expect(
      (await storage.pool.query('select id, name, hash from storage.migrations order by id')).rows,
    ).toEqual(before.rows);
    await expect((await storage.admin.from('documents').download('deep/read.md')).data?.text()).resolves.toBe(
      '# me',
    );
  }, 60_000);

  it('should list uploads in parts by folder', async () => {
    await storage.pool.query(`
      insert into storage.s3_multipart_uploads (id, upload_signature, bucket_id, key, version)
      values ('1', '', 'documents', 'a/1', '1'), ('2', '', 'documents', 'a/2', '1'), ('3', '', 'documents', 'b', '1')`);
    const { rows } = await storage.pool.query<{ key: string }>(
      `select key from storage.list_multipart_uploads_with_delimiter('documents', '', '/')`,
    );
    expect(rows.map(({ key }) => key)).toEqual(['a/', 'b']);
  });
});
