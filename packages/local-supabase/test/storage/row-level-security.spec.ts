import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

const OWNER = '317eadce-631a-4429-a0bb-f19a7a517b4a';
const OTHER = 'd8c7bce9-cfeb-497b-bd61-e66ce2cbdaa2';

/**
 * As a project would write them: everyone's own folder is his; the readers' folder can be read by users and written by
 * nobody; the drop box can be written by users and read by nobody.
 */
const POLICIES = `
  create policy own on storage.objects for all to authenticated
    using (bucket_id = 'rls' and (storage.foldername(name))[1] = auth.uid()::text)
    with check (bucket_id = 'rls' and (storage.foldername(name))[1] = auth.uid()::text);
  create policy readers on storage.objects for select to authenticated
    using (bucket_id = 'rls' and (storage.foldername(name))[1] = 'readers');
  create policy drops on storage.objects for insert to authenticated
    with check (bucket_id = 'rls' and (storage.foldername(name))[1] = 'drops');
  create policy kinds on storage.objects for insert to authenticated
    with check (bucket_id = 'rls' and (storage.foldername(name))[1] = 'kinds' and metadata ->> 'mimetype' = 'image/png'
      and (metadata ->> 'contentLength')::int < 500 and user_metadata ->> 'own' = 'yes');
  create policy only_by_list on storage.objects for select to anon
    using (bucket_id = 'rls' and storage.allow_only_operation('object.list'));
  create policy seen on storage.buckets for select to authenticated using (id = 'rls');
`;

type Role = 'anonymous' | 'owner' | 'other' | 'admin';
type Outcome = 'done' | 'denied' | 'missing' | 'duplicate' | 'nothing';
type Api = ReturnType<RunningStorage['admin']['from']>;

const OPERATIONS: Record<string, (api: Api) => Promise<{ data: unknown; error: unknown }>> = {
  'upload to the own folder': (api) => api.upload(`${OWNER}/new.txt`, 'x'),
  'upsert in the own folder': (api) => api.upload(`${OWNER}/old.txt`, 'x', { upsert: true }),
  'update in the own folder': (api) => api.update(`${OWNER}/old.txt`, 'x'),
  'upload a duplicate in the own folder': (api) => api.upload(`${OWNER}/old.txt`, 'x'),
  'download from the own folder': (api) => api.download(`${OWNER}/old.txt`),
  'info in the own folder': (api) => api.info(`${OWNER}/old.txt`),
  'sign in the own folder': (api) => api.createSignedUrl(`${OWNER}/old.txt`, 60),
  'sign an upload to the own folder': (api) => api.createSignedUploadUrl(`${OWNER}/new.txt`),
  'move within the own folder': (api) => api.move(`${OWNER}/old.txt`, `${OWNER}/moved.txt`),
  'move out of the own folder': (api) => api.move(`${OWNER}/old.txt`, 'readers/moved.txt'),
  'copy within the own folder': (api) => api.copy(`${OWNER}/old.txt`, `${OWNER}/copy.txt`),
  'copy out of the own folder': (api) => api.copy(`${OWNER}/old.txt`, 'readers/copy.txt'),
  'copy from the readers to the own folder': (api) => api.copy('readers/r.txt', `${OWNER}/copy.txt`),
  'list the own folder': (api) => api.list(OWNER),
  'remove from the own folder': (api) => api.remove([`${OWNER}/old.txt`]),
  'upload to the readers': (api) => api.upload('readers/new.txt', 'x'),
  'download from the readers': (api) => api.download('readers/r.txt'),
  'remove from the readers': (api) => api.remove(['readers/r.txt']),
  'upload to the drop box': (api) => api.upload('drops/new.txt', 'x'),
  'upsert into the drop box': (api) => api.upload('drops/d.txt', 'x', { upsert: true }),
  'download from the drop box': (api) => api.download('drops/d.txt'),
};

const TABLE: Record<string, Record<Role, Outcome>> = {
  'upload to the own folder': { anonymous: 'denied', owner: 'done', other: 'denied', admin: 'done' },
  'upsert in the own folder': { anonymous: 'denied', owner: 'done', other: 'denied', admin: 'done' },
  'update in the own folder': { anonymous: 'denied', owner: 'done', other: 'denied', admin: 'done' },
  'upload a duplicate in the own folder': {
    anonymous: 'denied',
    owner: 'duplicate',
    other: 'denied',
    admin: 'duplicate',
  },
  'download from the own folder': { anonymous: 'missing', owner: 'done', other: 'missing', admin: 'done' },
  'info in the own folder': { anonymous: 'missing', owner: 'done', other: 'missing', admin: 'done' },
  'sign in the own folder': { anonymous: 'missing', owner: 'done', other: 'missing', admin: 'done' },
  'sign an upload to the own folder': { anonymous: 'denied', owner: 'done', other: 'denied', admin: 'done' },
  'move within the own folder': { anonymous: 'missing', owner: 'done', other: 'missing', admin: 'done' },
  'move out of the own folder': { anonymous: 'missing', owner: 'denied', other: 'missing', admin: 'done' },
  'copy within the own folder': { anonymous: 'missing', owner: 'done', other: 'missing', admin: 'done' },
  'copy out of the own folder': { anonymous: 'missing', owner: 'denied', other: 'missing', admin: 'done' },
  'copy from the readers to the own folder': {
    anonymous: 'missing',
    owner: 'done',
    other: 'denied',
    admin: 'done',
  },
  'list the own folder': { anonymous: 'done', owner: 'done', other: 'nothing', admin: 'done' },
  'remove from the own folder': { anonymous: 'nothing', owner: 'done', other: 'nothing', admin: 'done' },
  'upload to the readers': { anonymous: 'denied', owner: 'denied', other: 'denied', admin: 'done' },
  'download from the readers': { anonymous: 'missing', owner: 'done', other: 'done', admin: 'done' },
  'remove from the readers': { anonymous: 'nothing', owner: 'nothing', other: 'nothing', admin: 'done' },
  'upload to the drop box': { anonymous: 'denied', owner: 'done', other: 'done', admin: 'done' },
  'upsert into the drop box': { anonymous: 'denied', owner: 'denied', other: 'denied', admin: 'done' },
  'download from the drop box': { anonymous: 'missing', owner: 'missing', other: 'missing', admin: 'done' },
};

const ROLES: Role[] = ['anonymous', 'owner', 'other', 'admin'];

describe('row-level security', () => {
  let storage: RunningStorage;
  let roles: Record<Role, RunningStorage['admin']>;

  beforeAll(async () => {
    storage = await startStorage({ sql: POLICIES });
    roles = {
      anonymous: storage.anonymous,
      owner: await storage.user(OWNER),
      other: await storage.user(OTHER),
      admin: storage.admin,
    };
    await storage.admin.createBucket('rls');
  }, 60_000);
  afterAll(() => storage.stop());
  beforeEach(async () => {
    await storage.admin.emptyBucket('rls');
    const api = storage.admin.from('rls');
    for (const name of [`${OWNER}/old.txt`, 'readers/r.txt', 'drops/d.txt']) await api.upload(name, name);
  });

  it('should name the same operations in both tables', () => {
    expect(Object.keys(TABLE)).toEqual(Object.keys(OPERATIONS));
  });

  const cases = Object.entries(TABLE).flatMap(([operation, outcomes]) =>
    ROLES.map((role) => [role, operation, outcomes[role]] as const),
  );

  it.each(cases)('%s: %s is %s', async (role, operation, outcome) => {
    const run = OPERATIONS[operation];
    if (!run) throw new Error(`No operation ${operation}`);
    const { data, error } = await run(roles[role].from('rls'));
    expect(outcomeOf(data, error)).toBe(outcome);
  });

  it('should leave nothing behind when an upload is denied', async () => {
    const before = await storage.pool.query('select count(*) from storage.objects');
    await roles.other.from('rls').upload(`${OWNER}/new.txt`, 'x');
    expect((await storage.pool.query('select count(*) from storage.objects')).rows).toEqual(before.rows);
  });

  it('should show buckets by policy, and let nobody else change them', async () => {
    expect((await roles.owner.listBuckets()).data?.map(({ id }) => id)).toEqual(['rls']);
    expect((await roles.anonymous.listBuckets()).data).toEqual([]);
    expect((await roles.anonymous.getBucket('rls')).error).toMatchObject({ statusCode: '404' });
    expect((await roles.owner.createBucket('mine')).error).toMatchObject({
      status: 400,
      statusCode: '403',
      message: 'new row violates row-level security policy',
    });
    expect((await roles.owner.updateBucket('rls', { public: true })).error).toMatchObject({
      statusCode: '404',
    });
    await storage.admin.createBucket('leave-me');
    expect((await roles.owner.deleteBucket('leave-me')).error).toMatchObject({ statusCode: '404' });
    expect((await storage.admin.getBucket('leave-me')).error).toBeNull();
  });

  it('should tell who may see but not delete when a bucket is emptied', async () => {
    expect((await roles.owner.emptyBucket('rls')).error).toMatchObject({
      statusCode: '403',
      message: 'Cannot delete: readers/r.txt, you may have SELECT but not DELETE permissions',
    });
    expect((await storage.admin.from('rls').exists(`${OWNER}/old.txt`)).data).toBe(true);
  });

  it('should show policies the type, the length and the words of an upload before it comes', async () => {
    const api = roles.owner.from('rls');
    const kind = { contentType: 'image/png', metadata: { own: 'yes' } };
    const raw = Buffer.from('x');
    const form = new Blob(['x'], { type: 'image/png' });
    const outcomes = [
      await api.upload('kinds/raw', raw, kind),
      await api.upload('kinds/form', form, kind),
      await api.copy('kinds/raw', `${OWNER}/copy`),
      await api.upload('kinds/type', raw, { ...kind, contentType: 'image/gif' }),
      await api.upload('kinds/long', Buffer.alloc(500), kind),
      await api.upload('kinds/words', raw, { contentType: 'image/png' }),
      await api.createSignedUploadUrl('kinds/signed'),
    ].map(({ data, error }) => outcomeOf(data, error));
    expect(outcomes).toEqual(['done', 'done', 'missing', 'denied', 'denied', 'denied', 'denied']);
  });

  it('should record the owner', async () => {
    await roles.owner.from('rls').upload(`${OWNER}/mine.txt`, 'x');
    const { rows } = await storage.pool.query(
      `select owner, owner_id from storage.objects where name like '%/mine.txt'`,
    );
    expect(rows).toEqual([{ owner: OWNER, owner_id: OWNER }]);
  });
});

function outcomeOf(data: unknown, error: unknown): Outcome {
  if (error === null) return Array.isArray(data) && data.length === 0 ? 'nothing' : 'done';
  const { statusCode, message } = error as { statusCode: string; message: string };
  switch (statusCode) {
    case '403':
      expect(message).toBe('new row violates row-level security policy');
      return 'denied';
    case '404':
      return 'missing';
    case '409':
      return 'duplicate';
    default:
      throw new Error(`${statusCode}: ${message}`);
  }
}
