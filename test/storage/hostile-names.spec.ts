import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { signUp, type Caller } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { isHosted } from '../harness/local-parts.js';
import { errorOf, representations } from '../harness/representations.js';
import { Upstream } from '../harness/upstream.js';
import { sendBytes } from './bytes.js';

const SECRET = 'what only Bob may read';

let upstream: Upstream;
let api: Api;
let ada: Caller;
let bob: Caller;
let admin: Caller;
let before: unknown;

beforeAll(async () => {
  upstream = await Upstream.start();
  api = await startApi(upstream.environment);
  [ada, bob, admin] = await Promise.all([signUp(api.url), signUp(api.url), signUpAdmin(api.url)]);
  await sql("update supanest.profiles set subscription_tier = 'enterprise' where user_id = $1", [idOf(ada)]);
  for (const user of [ada, bob]) {
    await sendBytes(user, 'POST', `/api/storage/buckets/user-files/objects/${idOf(user)}/file`, {
      body: user === bob ? SECRET : 'mine',
    });
    await user.post('/api/database/notes', { body: user === bob ? SECRET : 'mine' });
  }
  before = await everything();
});
afterAll(async () => {
  await api.close();
  await upstream.close();
});

const idOf = ({ user }: Caller): string => user?.id ?? '';

/** All rows and all bytes of these users, and the buckets that there always are. */
async function everything(): Promise<unknown> {
  const users = [ada, bob, admin].map(idOf);
  const objects = await sql<{ version: string }>(
    'select bucket_id, name, version, metadata, updated_at from storage.objects where owner_id = any($1) order by name',
    [users],
  );
  const files = isHosted ? [] : objects.map(({ version }) => readFile(fileOf(version), 'utf8'));
  const notes = await sql('select * from public.notes where owner = any($1::uuid[]) order by id', [users]);
  const buckets = await sql("select * from storage.buckets where id = 'user-files'");
  return { objects, files: await Promise.all(files), notes, buckets };
}

const fileOf = (version: string): string =>
  join(supabaseUnderTest().filesFolder, 'objects', version.slice(0, 2), version);

/** A request whose path goes over the wire as it is written: `fetch` would tidy it up. */
async function sendAsWritten(
  { url, token, address }: Caller,
  method: string,
  path: string,
  body?: object | string,
): Promise<{ status: number; body: Record<string, unknown>; text: string }> {
  const { hostname, port } = new URL(url);
  const type = typeof body === 'object' ? { 'content-type': 'application/json' } : {};
  const headers = { authorization: `Bearer ${token ?? ''}`, 'x-forwarded-for': address, ...type };
  const asked = request({ hostname, port, path, method, headers, agent: false });
  asked.end(typeof body === 'object' ? JSON.stringify(body) : body);
  const [answer] = (await once(asked, 'response')) as [IncomingMessage];
  const said = await text(answer);
  const parsed = said.startsWith('{') ? (JSON.parse(said) as Record<string, unknown>) : {};
  return { status: answer.statusCode ?? 0, body: parsed, text: said };
}

type Try = [method: string, path: string, body?: object | string];

/** Each is refused as invalid, and Supabase never hears of it. */
async function expectRefused(caller: Caller, invalid: number, tries: readonly Try[]): Promise<void> {
  const asked = upstream.seen.length;
  for (const [method, path, body] of tries) {
    const answer = await sendAsWritten(caller, method, path, body);
    const tried = `${method} ${path} ${JSON.stringify(body)}`;
    expect({ tried, status: answer.status }).toEqual({ tried, status: invalid });
    if (method !== 'HEAD') expect(errorOf(answer).code).toBe('VALIDATION_ERROR');
  }
  expect(upstream.seen.slice(asked)).toEqual([]);
}

/** Given to a function, as the ids of the users are not known yet. */
const PATHS_IN_URLS: readonly [string, (own: string, others: string) => string][] = [
  ['..', (own, others) => `${own}/../${others}/file`],
  ['.. out of the bucket', (own, others) => `${own}/../../../user-files/objects/${others}/file`],
  ['%2e%2e', (own, others) => `${own}/%2e%2e/${others}/file`],
  ['%2e%2e%2f', (own, others) => `${own}/%2e%2e%2f${others}%2ffile`],
  ['%2F', (own, others) => `${own}%2F..%2F${others}%2Ffile`],
  ['a backslash', (own, others) => `${own}/..%5C${others}%5Cfile`],
  ['NUL', (own) => `${own}/file%00.txt`],
  ['a line break', (own) => `${own}/file%0d%0ax: y`.replace(' ', '%20')],
  ['nothing between slashes', (own) => `${own}//file`],
  ['.', (own) => `${own}/./file`],
  ['no UTF-8', (own) => `${own}/%E0%A4%A`],
  ['too many bytes', (own) => `${own}/${'x'.repeat(1_024)}`],
];

const PATHS_IN_BODIES: readonly [string, (own: string, others: string) => string][] = [
  ['..', (own, others) => `${own}/../${others}/file`],
  ['.. at the start', (_, others) => `../user-files/${others}/file`],
  ['a backslash', (own, others) => `${own}\\..\\${others}\\file`],
  ['NUL', (own) => `${own}/file\0`],
  ['nothing between slashes', (own) => `${own}//file`],
  ['a slash at the start', (own) => `/${own}/file`],
  ['.', (own) => `${own}/./file`],
  ['half a character', (own) => `${own}/\ud800`],
  ['too many bytes', (own) => `${own}/${'ü'.repeat(500)}`],
];

const BUCKETS = [
  ...['..', '%2e%2e', '%2e%2e%2fuser-files', 'user-files%2F..%2Fother', 'user-files%5C..%5Cother'],
  ...['user-files%00', 'user-files%23', '%252e%252e', '%22user-files%22', 'x'.repeat(101), '%20%0a'],
];

const TABLES = [
  ...[
    '..%2Fauth%2Fv1%2Fadmin',
    '%2e%2e',
    '%252e%252e',
    'notes%2F..%2Fother',
    'notes%5C',
    'notes%00',
    'auth.users',
  ],
  ...['notes%3Fselect=*', 'notes%23', '%22notes%22', 'notes(id)', 'notes%20;drop', 'x'.repeat(64)],
];

describe.each(representations)('$prefix', ({ prefix, invalid }) => {
  const bucket = `${prefix}/storage/buckets/user-files`;

  it.each(PATHS_IN_URLS)('should refuse %s in the path of an object', async (_, make) => {
    const path = make(idOf(ada), idOf(bob));
    await expectRefused(ada, invalid, [
      ['GET', `${bucket}/objects/${path}`],
      ['HEAD', `${bucket}/objects/${path}`],
      ['POST', `${bucket}/objects/${path}?upsert=true`, 'attack'],
      ['GET', `${bucket}/public-url/${path}`],
    ]);
  });

  it.each(PATHS_IN_BODIES)('should refuse %s in a path that a body names', async (_, make) => {
    const path = make(idOf(ada), idOf(bob));
    const own = `${idOf(ada)}/file`;
    const tries: Try[] = [
      ['DELETE', `${bucket}/objects`, { paths: path }],
      ['DELETE', `${bucket}/objects`, { paths: [own, path] }],
      ['POST', `${bucket}/signed-urls`, { path }],
      ['POST', `${bucket}/signed-urls`, { paths: [own, path] }],
      ['POST', `${bucket}/signed-upload-urls`, { path }],
    ];
    for (const how of ['move', 'copy']) {
      tries.push(
        ['POST', `${bucket}/${how}`, { source_path: path, destination_path: `${own}-2` }],
        ['POST', `${bucket}/${how}`, { source_path: own, destination_path: path }],
      );
    }
    if (path.isWellFormed()) tries.push(['GET', `${bucket}/objects?prefix=${encodeURIComponent(path)}`]);
    await expectRefused(ada, invalid, tries);
  });

  it.each(BUCKETS)('should refuse the bucket %s', async (name) => {
    const at = `${prefix}/storage/buckets/${name}`;
    const transport = { source_path: 'a', destination_path: 'b' };
    await expectRefused(admin, invalid, [
      ['GET', at],
      ['PATCH', at, { public: true }],
      ['DELETE', at],
      ['POST', `${at}/empty`],
      ['GET', `${at}/objects`],
      ['GET', `${at}/objects/a`],
      ['HEAD', `${at}/objects/a`],
      ['POST', `${at}/objects/a`, 'attack'],
      ['DELETE', `${at}/objects`, { paths: 'a' }],
      ['POST', `${at}/move`, transport],
      ['POST', `${at}/copy`, transport],
      ['POST', `${at}/signed-urls`, { path: 'a' }],
      ['POST', `${at}/signed-urls`, { paths: ['a'] }],
      ['POST', `${at}/signed-upload-urls`, { path: 'a' }],
      ['GET', `${at}/public-url/a`],
      ['POST', `${prefix}/storage/buckets`, { id: decodeURIComponent(name) }],
    ]);
  });

  it.each(TABLES)('should refuse the table and the function %s', async (name) => {
    const at = `${prefix}/database/${name}`;
    await expectRefused(ada, invalid, [
      ['GET', at],
      ['POST', at, { body: 'attack' }],
      ['PATCH', `${at}?id=gt.0`, { body: 'attack' }],
      ['PUT', at, { body: 'attack' }],
      ['DELETE', `${at}?id=gt.0`],
      ['POST', `${prefix}/database/rpc/${name}`, { a: 1, b: 2 }],
    ]);
  });

  it('should take what is encoded twice for the name that it is, and nobody else’s', async () => {
    const path = `${idOf(ada)}/%2e%2e/${idOf(bob)}/file`;
    const inUrl = path.replaceAll('%', '%25');
    const answers = [
      await sendAsWritten(ada, 'GET', `${bucket}/objects/${inUrl}`),
      await sendAsWritten(ada, 'POST', `${bucket}/objects/${inUrl}?upsert=true`, 'attack'),
      await sendAsWritten(ada, 'POST', `${bucket}/signed-urls`, { path }),
      await sendAsWritten(ada, 'POST', `${bucket}/move`, {
        source_path: path,
        destination_path: `${path}-2`,
      }),
      await sendAsWritten(ada, 'POST', `${bucket}/copy`, {
        source_path: path,
        destination_path: `${path}-2`,
      }),
      await sendAsWritten(ada, 'GET', `${bucket}/objects?prefix=${encodeURIComponent(path)}`),
      await sendAsWritten(ada, 'DELETE', `${bucket}/objects`, { paths: path }),
    ];
    for (const { status, text: said } of answers) {
      expect(status).toBeLessThan(500);
      expect(said).not.toContain(SECRET);
    }
    expect(upstream.seen.filter((line) => /\.\.|%2e/i.test(line))).toEqual([]);
  });

  it('should have changed nothing by all this', async () => {
    expect(await everything()).toEqual(before);
  });
});
