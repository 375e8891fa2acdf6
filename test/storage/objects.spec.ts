import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { signUpAdmin } from '../harness/admin.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, signUp } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { errorOf, representations, resourceOf } from '../harness/representations.js';
import { sendBytes } from './bytes.js';
import { beginUpload, sendPieces } from './raw-upload.js';

interface Stored {
  id: string;
  path: string;
  full_path: string;
}

describe.each([
  ['with tokens of Supabase', {}],
  ['with tokens of our own', { API_SECRET_KEY: 'a secret key of more than thirty-two characters' }],
])('files of a user, %s', (_, overrides: Record<string, string>) => {
  let api: Api;
  let user: Caller;
  let other: Caller;
  let admin: Caller;

  beforeAll(async () => {
    api = await startApi(overrides);
    user = await signUp(api.url);
    other = await signUp(api.url);
    admin = await signUpAdmin(api.url);
    // More requests than a day of the free tier has.
    await sql(`update supanest.profiles set subscription_tier = 'premium' where user_id = any($1)`, [
      [user.user?.id, other.user?.id],
    ]);
  });
  afterAll(() => api.close());

  const own = (name: string): string => `${user.user?.id ?? ''}/${name}`;

  describe.each(representations)('under $prefix', ({ prefix, invalid }) => {
    const bucket = `${prefix}/storage/buckets/user-files`;

    it('should store a raw body, tell what it is, and give the same bytes back', async () => {
      const path = own(`${randomUUID()}.png`);
      const sent = await sendBytes(user, 'POST', `${bucket}/objects/${path}`, {
        body: Buffer.from([0, 1, 2, 250]),
        headers: { 'content-type': 'image/png' },
      });
      expect(sent.status).toBe(201);
      const stored = resourceOf<Stored>({ ...sent, body: sent.body });
      expect(stored).toEqual({ id: expect.any(String), path, full_path: `user-files/${path}` });
      expect(sent.headers.get('x-credits-charged')).toBe('1');

      const got = await sendBytes(user, 'GET', `${bucket}/objects/${path}`);
      expect(got.status).toBe(200);
      expect(got.bytes).toEqual(Buffer.from([0, 1, 2, 250]));
      expect(got.headers.get('content-type')).toBe('image/png');
      expect(got.headers.get('content-length')).toBe('4');
    });

    it('should take an encoded slash for one, as clients that are generated send it', async () => {
      const path = own(`${randomUUID()}.txt`);
      const encoded = `${bucket}/objects/${encodeURIComponent(path)}`;
      const sent = await sendBytes(user, 'POST', encoded, { body: 'encoded' });
      expect(sent.status).toBe(201);
      expect(resourceOf<Stored>({ ...sent, body: sent.body })).toMatchObject({ path });
      expect(sent.headers.get('x-credits-charged')).toBe('1');
      const got = await sendBytes(user, 'GET', `${bucket}/objects/${path}`);
      expect(got.bytes.toString()).toBe('encoded');
      await expect(sendBytes(other, 'GET', encoded)).resolves.toMatchObject({ status: 404 });
    });

    it('should store JSON as the bytes it is, whatever the limit of JSON bodies', async () => {
      const path = own(`${randomUUID()}.json`);
      const text = `{ "x":  [${'1, '.repeat(600_000)} 1] }`;
      const sent = await sendBytes(user, 'POST', `${bucket}/objects/${path}`, {
        body: text,
        headers: { 'content-type': 'application/json' },
      });
      expect(sent.status).toBe(201);
      const got = await sendBytes(user, 'GET', `${bucket}/objects/${path}`);
      expect(got.bytes.toString() === text).toBe(true);
    });

    it('should store the part file of a form', async () => {
      const path = own(`${randomUUID()}.txt`);
      const form = new FormData();
      form.set('note', 'passed over');
      form.set('file', new Blob(['of a form'], { type: 'text/plain' }), 'x.txt');
      expect(await sendBytes(user, 'POST', `${bucket}/objects/${path}`, { body: form })).toMatchObject({
        status: 201,
      });
      const got = await sendBytes(user, 'GET', `${bucket}/objects/${path}`);
      expect(got.bytes.toString()).toBe('of a form');
      expect(got.headers.get('content-type')).toMatch(/^text\/plain/);
    });

    it.each(['file', 'another'])('should outlive a form that breaks off in its part %s', async (part) => {
      const path = own(`broken-${part}.txt`);
      const body = `--line\r\nContent-Disposition: form-data; name="${part}"; filename="x"\r\n\r\nof a form`;
      const headers = { 'content-type': 'multipart/form-data; boundary=line' };
      const answer = await sendBytes(user, 'POST', `${bucket}/objects/${path}`, { body, headers });
      expect(errorOf(answer)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
      expect((await sendBytes(user, 'GET', `${bucket}/objects/${path}`)).status).toBe(404);
    });

    it('should refuse a part whose type no header can hold', async () => {
      const body =
        '--line\r\nContent-Disposition: form-data; name="file"; filename="x"\r\nContent-Type: a/\u0001\r\n\r\nx\r\n--line--\r\n';
      const headers = { 'content-type': 'multipart/form-data; boundary=line' };
      const answer = await sendBytes(user, 'POST', `${bucket}/objects/${own('typed')}`, { body, headers });
      expect(errorOf(answer).status).toBe(415);
    });

    it('should refuse a form without a file, and one that is none', async () => {
      const form = new FormData();
      form.set('note', 'x');
      const none = await sendBytes(user, 'POST', `${bucket}/objects/${own('x')}`, { body: form });
      expect(errorOf(none)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
      const broken = await sendBytes(user, 'POST', `${bucket}/objects/${own('x')}`, {
        body: 'x',
        headers: { 'content-type': 'multipart/form-data' },
      });
      expect(errorOf(broken)).toMatchObject({ status: invalid, code: 'VALIDATION_ERROR' });
    });

    it('should replace only with upsert', async () => {
      const url = `${bucket}/objects/${own(randomUUID())}`;
      expect((await sendBytes(user, 'POST', url, { body: 'one' })).status).toBe(201);
      expect(errorOf(await sendBytes(user, 'POST', url, { body: 'two' }))).toMatchObject({
        status: 409,
        code: 'CONFLICT',
        detail: 'The resource already exists',
      });
      expect((await sendBytes(user, 'GET', url)).bytes.toString()).toBe('one');
      expect((await sendBytes(user, 'POST', `${url}?upsert=true`, { body: 'two' })).status).toBe(201);
      expect((await sendBytes(user, 'GET', url)).bytes.toString()).toBe('two');
    });

    it('should honour ranges, ETags and HEAD', async () => {
      const url = `${bucket}/objects/${own(randomUUID())}`;
      await sendBytes(user, 'POST', url, { body: '0123456789', headers: { 'content-type': 'text/plain' } });
      const part = await sendBytes(user, 'GET', url, { headers: { range: 'bytes=2-4' } });
      expect([part.status, part.bytes.toString()]).toEqual([206, '234']);
      expect(part.headers.get('content-range')).toBe('bytes 2-4/10');
      const beyond = await sendBytes(user, 'GET', url, { headers: { range: 'bytes=10-20' } });
      expect(errorOf(beyond)).toMatchObject({ status: 416, code: 'RANGE_NOT_SATISFIABLE' });
      expect(beyond.headers.get('content-range')).toBe('bytes */10');
      const etag = part.headers.get('etag') ?? '';
      const same = await sendBytes(user, 'GET', url, { headers: { 'if-none-match': etag } });
      expect([same.status, same.bytes.length, same.headers.get('etag')]).toEqual([304, 0, etag]);
      const head = await sendBytes(user, 'HEAD', url);
      expect([head.status, head.headers.get('content-length')]).toEqual([200, '10']);
      expect((await sendBytes(user, 'HEAD', `${url}-none`)).status).toBe(404);
    });

    it('should list, copy, move and delete', async () => {
      const folder = own(randomUUID());
      await sendBytes(user, 'POST', `${bucket}/objects/${folder}/a.txt`, { body: 'a' });
      const copied = await user.post(`${bucket}/copy`, {
        source_path: `${folder}/a.txt`,
        destination_path: `${folder}/b.txt`,
      });
      expect(resourceOf<Stored>(copied)).toMatchObject({ full_path: `user-files/${folder}/b.txt` });
      const moved = await user.post(`${bucket}/move`, {
        source_path: `${folder}/a.txt`,
        destination_path: `${folder}/c.txt`,
      });
      expect(moved.status).toBe(200);
      const names = async (query: string): Promise<string[]> =>
        resourceOf<{ name: string }[]>(await user.get(`${bucket}/objects?prefix=${folder}${query}`)).map(
          ({ name }) => name,
        );
      expect(await names('')).toEqual(['b.txt', 'c.txt']);
      expect(await names('&sort_by=name&order=desc&limit=1')).toEqual(['c.txt']);
      expect(await names('&offset=1')).toEqual(['c.txt']);
      const deleted = await user.delete(`${bucket}/objects`, { paths: `${folder}/b.txt` });
      expect(resourceOf<{ name: string }[]>(deleted)).toHaveLength(1);
      await user.delete(`${bucket}/objects`, { paths: [`${folder}/c.txt`, `${folder}/none.txt`] });
      expect(await names('')).toEqual([]);
    });

    it('should sign URLs, absolute ones', async () => {
      const path = own(randomUUID());
      await sendBytes(user, 'POST', `${bucket}/objects/${path}`, { body: 'signed' });
      const one = resourceOf<{ signed_url: string }>(await user.post(`${bucket}/signed-urls`, { path }));
      expect(await (await fetch(one.signed_url)).text()).toBe('signed');
      const many = resourceOf<{ path: string; signed_url: string | null; error?: string }[]>(
        await user.post(`${bucket}/signed-urls`, { paths: [path, own('none')], expires_in: 5 }),
      );
      expect(many.map(({ signed_url }) => signed_url === null)).toEqual([false, true]);
      expect(many[1]?.error).toEqual(expect.any(String));
      const answer = await user.post(`${bucket}/signed-upload-urls`, { path: `${path}-2` });
      // What goes past this API costs what it would cost here.
      expect(answer.headers.get('x-credits-charged')).toBe('1');
      const upload = resourceOf<{ path: string; token: string; signed_url: string }>(answer);
      expect((await fetch(upload.signed_url, { method: 'PUT', body: 'by URL' })).status).toBe(200);
      expect((await sendBytes(user, 'GET', `${bucket}/objects/${path}-2`)).bytes.toString()).toBe('by URL');
      expect(errorOf(await user.post(`${bucket}/signed-urls`, {})).status).toBe(invalid);
      expect(errorOf(await user.post(`${bucket}/signed-urls`, { path, paths: [path] })).status).toBe(invalid);
      expect(errorOf(await user.post(`${bucket}/signed-urls`, { path: own('none') })).status).toBe(404);
    });

    it('should keep others out', async () => {
      const path = own(randomUUID());
      const url = `${bucket}/objects/${path}`;
      await sendBytes(user, 'POST', url, { body: 'mine' });
      expect(errorOf(await sendBytes(other, 'GET', url)).status).toBe(404);
      expect(errorOf(await sendBytes(other, 'POST', `${url}?upsert=true`, { body: 'x' }))).toMatchObject({
        status: 403,
        code: 'PERMISSION_DENIED',
        detail: 'new row violates row-level security policy',
      });
      expect(resourceOf(await other.delete(`${bucket}/objects`, { paths: path }))).toEqual([]);
      expect(errorOf(await other.post(`${bucket}/signed-urls`, { path })).status).toBe(404);
      expect(errorOf(await sendBytes(new Caller(api.url), 'GET', url)).status).toBe(401);
      expect((await sendBytes(user, 'GET', url)).bytes.toString()).toBe('mine');
    });

    it('should say that a bucket does not exist', async () => {
      const none = `${prefix}/storage/buckets/none-${randomUUID()}`;
      expect(errorOf(await user.get(none)).status).toBe(404);
      expect(errorOf(await user.get(`${none}/objects`)).status).toBe(404);
      expect(errorOf(await user.delete(`${none}/objects`, { paths: 'x' })).status).toBe(404);
      expect(errorOf(await sendBytes(user, 'POST', `${none}/objects/x`, { body: 'x' })).status).toBe(404);
      expect(errorOf(await sendBytes(user, 'GET', `${none}/objects/x`)).status).toBe(404);
      for (const [path, body] of [
        ['move', { source_path: 'x', destination_path: 'y' }],
        ['copy', { source_path: 'x', destination_path: 'y' }],
        ['signed-urls', { path: 'x' }],
        ['signed-urls', { paths: ['x', 'y'] }],
        ['signed-upload-urls', { path: 'x' }],
      ] as const) {
        expect([path, errorOf(await user.post(`${none}/${path}`, body)).status]).toEqual([path, 404]);
      }
    });

    it('should let administrators make, limit, empty and delete buckets, and nobody else', async () => {
      const buckets = `${prefix}/storage/buckets`;
      const id = `b-${randomUUID()}`;
      const made = await admin.post(buckets, { id, file_size_limit: 5, allowed_mime_types: ['text/plain'] });
      expect(made.status).toBe(201);
      expect(resourceOf(made)).toMatchObject({ id, public: false, file_size_limit: 5 });
      expect(errorOf(await admin.post(buckets, { id })).status).toBe(409);
      expect(errorOf(await admin.post(buckets, { id: 'a/b' })).status).toBe(invalid);
      expect(errorOf(await user.post(buckets, { id: `${id}-2` })).status).toBe(403);
      expect(errorOf(await user.patch(`${buckets}/${id}`, { public: true })).status).toBe(403);
      expect(errorOf(await user.delete(`${buckets}/${id}`)).status).toBe(403);
      expect(errorOf(await user.post(`${buckets}/${id}/empty`)).status).toBe(403);
      const listed = resourceOf<{ id: string }[]>(await admin.get(buckets)).map((one) => one.id);
      expect(listed).toEqual(expect.arrayContaining([id, 'user-files']));
      expect(resourceOf<{ id: string }[]>(await user.get(buckets)).map((one) => one.id)).toEqual([
        'user-files',
      ]);
      const changed = await admin.patch(`${buckets}/${id}`, { public: true, allowed_mime_types: null });
      expect(resourceOf(changed)).toMatchObject({
        public: true,
        allowed_mime_types: null,
        file_size_limit: 5,
      });
      expect((await admin.post(`${buckets}/${id}/empty`)).status).toBe(204);
      expect((await admin.delete(`${buckets}/${id}`)).status).toBe(204);
      expect(errorOf(await admin.get(`${buckets}/${id}`)).status).toBe(404);
      expect(errorOf(await admin.delete(`${buckets}/${id}`)).status).toBe(404);
    });

    it('should refuse what its bucket does not take, and refund it', async () => {
      const id = `limited-${randomUUID()}`;
      await admin.post(`${prefix}/storage/buckets`, {
        id,
        file_size_limit: 5,
        allowed_mime_types: ['text/plain'],
      });
      await sql(`create policy "${id}" on storage.objects to authenticated using (bucket_id = '${id}')`);
      const url = `${prefix}/storage/buckets/${id}/objects/x`;
      const text = { 'content-type': 'text/plain' };
      const before = await user.get(`${prefix}/credits`);
      expect(errorOf(await sendBytes(user, 'POST', url, { body: '123456', headers: text }))).toMatchObject({
        status: 413,
        code: 'PAYLOAD_TOO_LARGE',
      });
      const form = new FormData();
      form.set('file', new Blob(['123456'], { type: 'text/plain' }), 'x.txt');
      expect(errorOf(await sendBytes(user, 'POST', url, { body: form })).status).toBe(413);
      const image = { 'content-type': 'image/png' };
      expect(errorOf(await sendBytes(user, 'POST', url, { body: '1', headers: image }))).toMatchObject({
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
      });
      expect(errorOf(await sendBytes(user, 'GET', url)).status).toBe(404);
      // Whoever is still sending hears of it, too, also one who wants the connection closed.
      const large = beginUpload(user, url, text);
      const refused = await sendPieces(large, Buffer.alloc(1_048_576), 8);
      expect(refused.statusCode).toBe(413);
      expect(resourceOf(await user.get(`${prefix}/credits`))).toEqual(resourceOf(before));
      expect((await sendBytes(user, 'POST', url, { body: '12345', headers: text })).status).toBe(201);
    });

    it('should tell the public URL', async () => {
      const { public_url } = resourceOf<{ public_url: string }>(
        await user.get(`${prefix}/storage/buckets/pictures/public-url/a%20b/c%3F.png`),
      );
      expect(public_url).toMatch(/\/storage\/v1\/object\/public\/pictures\/a%20b\/c%3F\.png$/);
    });
  });
});
