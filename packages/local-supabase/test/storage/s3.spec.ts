import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { AwsClient } from 'aws4fetch';
import fc from 'fast-check';
import { filesOf, until } from './harness/files.ts';
import {
  chunkedUpload,
  crcOf,
  openS3,
  refusalOf as refusal,
  s3Client,
  send,
  signAsIs,
  signedForm,
  textsOf as texts,
  type Answer,
} from './harness/s3.client.ts';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

const OWNER = '317eadce-631a-4429-a0bb-f19a7a517b4a';
const POLICIES = `
  create policy own on storage.objects for all to authenticated
    using (bucket_id = 's3' and (storage.foldername(name))[1] = auth.uid()::text);
  create policy only_by_copy on storage.objects for all to authenticated
    using (name = 'copies' and storage.operation() = 'storage.s3.object.copy');
`;

describe('the S3 protocol', () => {
  let storage: RunningStorage;
  let client: AwsClient;
  let endpoint: string;

  beforeAll(async () => {
    storage = await startStorage({ sql: POLICIES });
    client = s3Client(storage.supabase);
    endpoint = storage.supabase.s3?.url ?? '';
    for (const bucket of ['s3', 'list']) await ask('PUT', `/${bucket}`);
    await storage.admin.createBucket('small', {
      public: true,
      fileSizeLimit: 1000,
      allowedMimeTypes: ['text/*'],
    });
  }, 60_000);
  afterAll(() => storage.stop());

  const ask = (
    method: string,
    path: string,
    { by = client, ...init }: RequestInit & { by?: AwsClient } = {},
  ): Promise<Response> => by.fetch(`${endpoint}${path}`, { method, ...init });

  /** Signs a request without sending it, so that it can be changed on its way. */
  async function signed(
    method: string,
    path: string,
    sent: Record<string, string> = {},
  ): Promise<{ url: string; headers: Record<string, string> }> {
    const { url, headers } = await client.sign(`${endpoint}${path}`, { method, headers: sent });
    return { url, headers: Object.fromEntries(headers) };
  }

  async function presigned(method: string, path: string, datetime?: string): Promise<string> {
    const aws = { signQuery: true, ...(datetime !== undefined && { datetime }) };
    return (await client.sign(`${endpoint}${path}?X-Amz-Expires=60`, { method, aws })).url;
  }

  it('should keep objects that both doors of the storage serve', async () => {
    const headers = { 'content-type': 'text/html', 'cache-control': 'max-age=7', 'x-amz-meta-color': 'red' };
    const put = await ask('PUT', "/s3/a folder/it's.html", { body: '<p>one</p>', headers });
    expect(put.status).toBe(200);
    const got = await ask('GET', "/s3/a folder/it's.html", { headers: { range: 'bytes=3-5' } });
    expect([got.status, await got.text(), got.headers.get('content-range')]).toEqual([
      206,
      'one',
      'bytes 3-5/10',
    ]);
    expect(Object.fromEntries(got.headers)).toMatchObject({ ...headers, etag: put.headers.get('etag') });
    const { data } = await storage.admin.from('s3').download("a folder/it's.html");
    expect(await data?.text()).toBe('<p>one</p>');

    await storage.admin.from('s3').upload('plain.txt', 'by the other door');
    const copy = { 'x-amz-copy-source': 's3/plain.txt' };
    expect((await ask('PUT', '/s3/copy.txt', { headers: copy })).status).toBe(200);
    expect(await (await ask('GET', '/s3/copy.txt')).text()).toBe('by the other door');
    const etag = (await ask('HEAD', '/s3/copy.txt')).headers.get('etag') ?? '';
    expect((await ask('GET', '/s3/copy.txt', { headers: { 'if-none-match': etag } })).status).toBe(304);
    const unlike = await ask('GET', '/s3/copy.txt', { headers: { 'if-match': '"x"' } });
    expect(await refusal(unlike)).toEqual([412, 'PreconditionFailed']);
    const odd = { body: 'x', headers: { 'content-type': 'picture' } };
    expect((await ask('PUT', '/s3/odd', odd)).status).toBe(200);
    expect((await ask('HEAD', '/s3/odd')).headers.get('content-type')).toBe('picture');
    const once = { body: 'x', headers: { 'if-none-match': '*' } };
    expect(await refusal(await ask('PUT', '/s3/copy.txt', once))).toEqual([412, 'PreconditionFailed']);

    const keys = '<Delete><Object><Key>copy.txt</Key></Object><Object><Key>a&amp;b</Key></Object></Delete>';
    const deleted = await ask('POST', '/s3?delete', { body: keys });
    expect(texts(await deleted.text(), 'Key')).toEqual(['copy.txt', 'a&amp;b']);
    expect(await refusal(await ask('GET', '/s3/copy.txt'))).toEqual([404, 'NoSuchKey']);
    expect(await refusal(await ask('DELETE', '/s3'))).toEqual([409, 'ResourceNotEmpty']);
  });

  it('should refuse what is not exactly what was signed', async () => {
    await ask('PUT', '/s3/signed', { body: 'x' });
    const { url, headers } = await signed('GET', '/s3/signed?response-content-type=a%2Fb', {
      'x-amz-meta-a': '1',
    });
    expect((await send(url, 'GET', headers)).status).toBe(200);
    const authorization = headers.authorization ?? '';
    const changed: [string, string, Record<string, string>][] = [
      ['DELETE', url, headers],
      ['GET', url.replace('signed', 'signed2'), headers],
      ['GET', url.replace('a%2Fb', 'a%2Fc'), headers],
      ['GET', `${url}&x=y`, headers],
      ['GET', url.replace('/s3/signed', '/s3//signed'), headers],
      ['GET', url, { ...headers, 'x-amz-meta-a': '2' }],
      ['GET', url, { ...headers, host: 'elsewhere' }],
      ['GET', url, { ...headers, authorization: authorization.replace('/local/', '/us-east-1/') }],
      [
        'GET',
        url,
        { ...headers, authorization: authorization.replace(/.$/, (end) => (end === '0' ? '1' : '0')) },
      ],
      ['GET', url, { ...headers, authorization: authorization.replace(/Signature=.*/, 'Signature=00') }],
    ];
    for (const [method, address, sent] of changed) {
      expect(await refusal(await send(address, method, sent))).toEqual([403, 'SignatureDoesNotMatch']);
    }
    expect(await refusal(await send(url, 'GET', { ...headers, 'x-amz-acl': 'x' }))).toEqual([
      403,
      'AccessDenied',
    ]);
    expect(await refusal(await send(url, 'GET', {}))).toEqual([403, 'AccessDenied']);
    client.secretAccessKey += 'x';
    const wrong = await ask('GET', '/s3/signed');
    client.secretAccessKey = client.secretAccessKey.slice(0, -1);
    expect(await refusal(wrong)).toEqual([403, 'SignatureDoesNotMatch']);

    const link = await presigned('GET', '/s3/signed');
    expect((await send(link, 'GET', {})).text).toBe('x');
    expect(await refusal(await send(link, 'PUT', {}))).toEqual([403, 'SignatureDoesNotMatch']);
    const longer = link.replace('Expires=60', 'Expires=61');
    expect(await refusal(await send(longer, 'GET', {}))).toEqual([403, 'SignatureDoesNotMatch']);
    const old = await presigned('GET', '/s3/signed', '20200101T000000Z');
    expect(await refusal(await send(old, 'GET', {}))).toEqual([400, 'ExpiredToken']);
    const upload = await presigned('PUT', '/s3/by-link');
    const copying = { 'x-amz-copy-source': 's3/signed' };
    expect(await refusal(await send(upload, 'PUT', copying))).toEqual([403, 'AccessDenied']);
    expect((await send(upload, 'PUT', {}, 'by link')).status).toBe(200);
  });

  it('should refuse bodies that are not what was signed, and keep nothing of them', async () => {
    const before = await filesOf(storage);
    const hash = '2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824';
    const whole = await signed('PUT', '/s3/whole', { 'x-amz-content-sha256': hash });
    expect(await refusal(await send(whole.url, 'PUT', whole.headers, 'hellO'))).toEqual([
      400,
      'XAmzContentSHA256Mismatch',
    ]);
    const summed = await signed('PUT', '/s3/whole', { 'x-amz-checksum-crc32': 'AAAAAA==' });
    expect(await refusal(await send(summed.url, 'PUT', summed.headers, 'x'))).toEqual([400, 'BadDigest']);

    // What is published for each of them as its check value.
    const sums = { crc32: 'cbf43926', crc32c: 'e3069283', crc64nvme: 'ae8b14860a799888' };
    for (const [name, sum] of Object.entries(sums)) {
      const checksum = Buffer.from(sum, 'hex').toString('base64');
      const right = await signed('PUT', '/s3/sum', { [`x-amz-checksum-${name}`]: checksum });
      expect((await send(right.url, 'PUT', right.headers, '123456789')).status).toBe(200);
      expect(await refusal(await send(right.url, 'PUT', right.headers, '123456780'))).toEqual([
        400,
        'BadDigest',
      ]);
    }
    await ask('DELETE', '/s3/sum');

    const trailer = { name: 'x-amz-checksum-crc32', value: crcOf('onetwothree') };
    for (const end of [undefined, trailer]) {
      const url = `${endpoint}/s3/chunks`;
      const { headers, body } = await chunkedUpload(storage.supabase, url, ['one', 'two', 'three'], end);
      const [one = '', two = ''] = body.match(/^3;.*\r\n.*\r\n/gm) ?? [];
      const bad = [
        body.replace('two', 'tvo'),
        body.replace(one + two, two + one),
        body.replace(two, ''),
        body.replace(/;chunk-signature=\w+/, ''),
        body.replace(/(signature:|;chunk-signature=)\w+\r\n\r\n$/, `$1${'0'.repeat(64)}\r\n\r\n`),
      ];
      for (const text of bad) {
        expect(text).not.toBe(body);
        expect(await refusal(await send(url, 'PUT', headers, text))).toEqual([403, 'SignatureDoesNotMatch']);
      }
      for (const text of [
        body.slice(0, 60),
        body.replace('\r\n', 'x\r\n'),
        `${body}more`,
        'x'.repeat(9000),
      ]) {
        expect((await send(url, 'PUT', headers, text)).status).toBe(400);
      }
      expect(await filesOf(storage)).toEqual(before);
      expect((await send(url, 'PUT', headers, body)).status).toBe(200);
      expect(await (await ask('GET', '/s3/chunks')).text()).toBe('onetwothree');
      await ask('DELETE', '/s3/chunks');
    }

    const unsigned = await signed('PUT', '/s3/trailing', {
      'content-encoding': 'gzip,aws-chunked',
      'x-amz-content-sha256': 'STREAMING-UNSIGNED-PAYLOAD-TRAILER',
      'x-amz-decoded-content-length': '5',
      'x-amz-trailer': 'x-amz-checksum-crc32',
    });
    const put = (text: string, sum: string): Promise<Answer> =>
      send(
        unsigned.url,
        'PUT',
        unsigned.headers,
        `${text.length.toString(16)}\r\n${text}\r\n0\r\nx-amz-checksum-crc32:${sum}\r\n\r\n`,
      );
    expect(await refusal(await put('hello', crcOf('hellO')))).toEqual([400, 'BadDigest']);
    expect(await refusal(await put('hell', crcOf('hell')))).toEqual([400, 'IncompleteBody']);
    expect(await refusal(await put('hello', ''))).toEqual([400, 'InvalidDigest']);
    expect(await filesOf(storage)).toEqual(before);
    expect((await put('hello', crcOf('hello'))).status).toBe(200);
    expect((await ask('HEAD', '/s3/trailing')).headers.get('content-encoding')).toBe('gzip');
  });

  it('should list the same in pages of any size', async () => {
    const keys = ['a', 'a/', 'a/b', 'a/c/d', 'a/c/e', 'a-b', 'b//c', 'c/d', 'z'];
    await storage.pool.query(
      `insert into storage.objects (bucket_id, name) select 'list', unnest($1::text[])`,
      [keys],
    );
    const pages = async (parameters: Record<string, string>, older: boolean): Promise<string[]> => {
      const found: string[] = [];
      for (let next: string | undefined = ''; next !== undefined;) {
        const query = new URLSearchParams({ ...parameters, 'encoding-type': 'url' });
        if (!older) query.set('list-type', '2');
        if (next !== '') query.set(older ? 'marker' : 'continuation-token', next);
        const text: string = await (
          await ask('GET', `/list?${query.toString().replaceAll('+', '%20')}`)
        ).text();
        const rolled = texts(
          text.replaceAll('<CommonPrefixes><Prefix>', '<CommonPrefixes><Rolled>'),
          'Rolled',
        );
        const entries = [...texts(text, 'Key'), ...rolled].map(decodeURIComponent);
        expect(entries.length).toBeLessThanOrEqual(Number(parameters['max-keys'] ?? 1000));
        found.push(...entries);
        next = texts(text, older ? 'NextMarker' : 'NextContinuationToken').map(decodeURIComponent)[0];
        if (older && next === undefined && text.includes('<IsTruncated>true')) next = entries.at(-1);
      }
      return found.sort();
    };
    const expected = (prefix: string, delimiter: string): string[] => {
      const rolled = keys
        .filter((key) => key.startsWith(prefix))
        .map((key) => {
          const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
          return at === -1 ? key : key.slice(0, at + delimiter.length);
        });
      return [...new Set(rolled)].sort();
    };
    const options = fc.record({
      prefix: fc.constantFrom('', 'a', 'a/', 'b/', 'none'),
      delimiter: fc.constantFrom('', '/', '-', '//', 'b'),
      size: fc.integer({ min: 1, max: 4 }),
      older: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(options, async ({ prefix, delimiter, size, older }) => {
        const found = await pages({ prefix, delimiter, 'max-keys': String(size) }, older);
        expect(found).toEqual(expected(prefix, delimiter));
      }),
      { numRuns: 25 },
    );
    const after = await ask('GET', '/list?list-type=2&delimiter=%2F&start-after=a%2Fc%2Fd');
    expect(texts(await after.text(), 'Prefix')).toEqual(['a/', 'b/', 'c/']);
  });

  describe('uploads in parts', () => {
    /** What is left of uploads that are over: nothing. */
    const expectNoParts = async (): Promise<void> => {
      const { rows } = await storage.pool.query('select id from storage.s3_multipart_uploads_parts');
      expect(rows).toEqual([]);
      expect(await readdir(join(await storage.filesFolder(), 'parts'))).toEqual([]);
      expect(await readdir(join(await storage.filesFolder(), 'incoming'))).toEqual([]);
    };
    const files = async (): Promise<number> => (await filesOf(storage)).length;
    const begin = async (path: string, by = client): Promise<string> =>
      texts(
        await (await ask('POST', `${path}?uploads`, { by, headers: { 'content-type': 'text/css' } })).text(),
        'UploadId',
      )[0] ?? '';
    const part = (path: string, id: string, number: number, body: string, by = client): Promise<Response> =>
      ask('PUT', `${path}?partNumber=${number}&uploadId=${id}`, { by, body });

    it('should join the named parts, each in its last version', async () => {
      const id = await begin('/s3/joined');
      await Promise.all([part('/s3/joined', id, 2, 'world'), part('/s3/joined', id, 1, 'HELLO ')]);
      await part('/s3/joined', id, 9, 'left out');
      await part('/s3/joined', id, 1, 'hello ');
      const listed = await (await ask('GET', `/s3/joined?uploadId=${id}&max-parts=2`)).text();
      expect([texts(listed, 'Size'), texts(listed, 'NextPartNumberMarker')]).toEqual([['6', '5'], ['2']]);
      expect(texts(await (await ask('GET', '/s3?uploads&prefix=jo')).text(), 'UploadId')).toEqual([id]);

      const [first = '', second = ''] = texts(listed, 'ETag');
      const crc = { 'x-amz-checksum-crc32': crcOf('hello world') };
      const complete = (...named: [number, string][]): Promise<Response> =>
        ask('POST', `/s3/joined?uploadId=${id}`, {
          headers: crc,
          body: `<CompleteMultipartUpload xmlns="x">${named
            .map(([number, tag]) => `<Part><ETag>${tag}</ETag><PartNumber>${number}</PartNumber></Part>`)
            .join('')}</CompleteMultipartUpload>`,
        });
      expect(await refusal(await complete([2, second], [1, first]))).toEqual([400, 'InvalidPartOrder']);
      expect(await refusal(await complete([1, second]))).toEqual([400, 'InvalidPart']);
      expect(await refusal(await complete([3, first]))).toEqual([400, 'InvalidPart']);
      expect(await refusal(await complete([1, first]))).toEqual([400, 'BadDigest']);
      expect(await refusal(await ask('POST', `/s3/other?uploadId=${id}`))).toEqual([404, 'NoSuchUpload']);
      expect((await complete([1, first], [2, second])).status).toBe(200);
      const got = await ask('GET', '/s3/joined');
      expect([await got.text(), got.headers.get('content-type')]).toEqual(['hello world', 'text/css']);
      expect(got.headers.get('etag')).toMatch(/^"[0-9a-f]{32}-2"$/);
      expect(await refusal(await complete([1, first]))).toEqual([404, 'NoSuchUpload']);
      await expectNoParts();
    });

    it("should keep the bucket's limits, and nothing of what is given up", async () => {
      const body = 'x'.repeat(600);
      const put = await ask('PUT', '/small/x', {
        body: body + body,
        headers: { 'content-type': 'text/css' },
      });
      expect(await refusal(put)).toEqual([413, 'EntityTooLarge']);
      const typed = await ask('PUT', '/small/x', { body, headers: { 'content-type': 'image/png' } });
      expect(await refusal(typed)).toEqual([415, 'InvalidMimeType']);

      const id = await begin('/small/x');
      const answers = await Promise.all([1, 2, 3].map((number) => part('/small/x', id, number, body)));
      expect(answers.map(({ status }) => status).sort()).toEqual([200, 413, 413]);
      const { url, headers } = await signed('PUT', `/small/x?partNumber=4&uploadId=${id}`);
      const kept = (await filesOf(storage)).length;
      const outgoing = openS3(url, 'PUT', { ...headers, 'content-length': '300' });
      outgoing.on('error', () => undefined);
      outgoing.write('half');
      await until(files, (count) => count === kept + 1);
      outgoing.destroy();
      await until(files, (count) => count === kept);
      expect((await ask('DELETE', `/small/x?uploadId=${id}`)).status).toBe(200);
      expect(await refusal(await part('/small/x', id, 1, body))).toEqual([404, 'NoSuchUpload']);
      await expectNoParts();
    });

    it('should be open to whom the policies let upload', async () => {
      const by = s3Client(storage.supabase, await storage.tokenOf(OWNER));
      const own = `/s3/${OWNER}/parts`;
      const id = await begin(own, by);
      const foreign = await begin('/s3/foreign');
      expect((await part(own, id, 1, 'own', by)).status).toBe(200);
      expect(await refusal(await part('/s3/foreign', foreign, 1, 'x', by))).toEqual([403, 'AccessDenied']);
      const aborted = await ask('DELETE', `/s3/foreign?uploadId=${foreign}`, { by });
      expect(await refusal(aborted)).toEqual([403, 'AccessDenied']);
      expect((await ask('POST', `${own}?uploadId=${id}`, { by })).status).toBe(200);
      const { rows } = await storage.pool.query(
        `select owner_id from storage.objects where name like '%/parts'`,
      );
      expect(rows).toEqual([{ owner_id: OWNER }]);
      await ask('DELETE', own, { by });
      await ask('DELETE', `/s3/foreign?uploadId=${foreign}`);
      await expectNoParts();
    });
  });

  it('should take forms as their policies say, and nothing else', async () => {
    const conditions = [
      { bucket: 's3' },
      ['starts-with', '$key', 'forms/'],
      ['starts-with', '$Content-Type', 'text/'],
      ['content-length-range', 2, 5],
    ];
    const post = (fields: Record<string, string>, file = 'four', bucket = 's3'): Promise<Response> => {
      const form = new FormData();
      for (const [name, value] of Object.entries(fields)) form.set(name, value);
      form.set('file', new Blob([file]), 'name.txt');
      return fetch(`${endpoint}/${bucket}`, { method: 'POST', body: form });
    };
    const wanted = { key: 'forms/${filename}', 'content-type': 'text/css' };
    const fields = { ...signedForm(storage.supabase, conditions), ...wanted };
    const before = await filesOf(storage);
    const refused: [Promise<Response>, number, string][] = [
      [post({ ...fields, key: 'elsewhere' }), 403, 'AccessDenied'],
      [post({ ...fields, 'content-type': 'text/css,image/png' }), 403, 'AccessDenied'],
      [post({ ...fields, 'x-amz-meta-a': 'b' }), 403, 'AccessDenied'],
      [post(fields, 'four', 'list'), 403, 'AccessDenied'],
      [post(fields, 'larger'), 413, 'EntityTooLarge'],
      [post(fields, '1'), 400, 'EntityTooSmall'],
      [post({ ...fields, policy: btoa('{"conditions":[]}') }), 403, 'SignatureDoesNotMatch'],
      [post(wanted), 400, 'InvalidSignature'],
      [post({ ...signedForm(storage.supabase, [], '2020-01-01'), ...wanted }), 400, 'ExpiredToken'],
      [post({ ...signedForm(storage.supabase, [], 'never'), ...wanted }), 400, 'InvalidPolicyDocument'],
      [post({ ...signedForm(storage.supabase, [7]), ...wanted }), 400, 'InvalidPolicyDocument'],
      [post({ ...fields, key: 'forms/../x' }), 400, 'InvalidKey'],
    ];
    for (const [answer, status, word] of refused) expect(await refusal(await answer)).toEqual([status, word]);
    expect(await filesOf(storage)).toEqual(before);
    expect((await post(fields)).status).toBe(200);
    const got = await ask('GET', '/s3/forms/name.txt');
    expect([await got.text(), got.headers.get('content-type')]).toEqual(['four', 'text/css']);
  });

  it('should show and let change what the policies of a session token say', async () => {
    const by = s3Client(storage.supabase, await storage.tokenOf(OWNER));
    await ask('PUT', '/s3/hidden', { body: 'x' });
    expect((await ask('PUT', `/s3/${OWNER}/own`, { by, body: 'own' })).status).toBe(200);
    expect(texts(await (await ask('GET', '/s3', { by })).text(), 'Key')).toEqual([`${OWNER}/own`]);
    expect(await refusal(await ask('GET', '/s3/hidden', { by }))).toEqual([404, 'NoSuchKey']);
    expect(await refusal(await ask('PUT', '/s3/hidden', { by, body: 'y' }))).toEqual([403, 'AccessDenied']);
    // Policies know what is asked for: storage.operation().
    expect(await refusal(await ask('PUT', '/s3/copies', { by, body: 'x' }))).toEqual([403, 'AccessDenied']);
    const copy = { 'x-amz-copy-source': `s3/${OWNER}/own` };
    expect((await ask('PUT', '/s3/copies', { by, headers: copy })).status).toBe(200);
    const body = `<Delete><Object><Key>hidden</Key></Object><Object><Key>${OWNER}/own</Key></Object></Delete>`;
    const deleted = await (await ask('POST', '/s3?delete', { by, body })).text();
    expect(deleted).toContain('<Error><Key>hidden</Key><Code>AccessDenied</Code>');
    expect(deleted).toContain(`<Deleted><Key>${OWNER}/own</Key></Deleted>`);
    expect(await refusal(await ask('PUT', '/theirs', { by }))).toEqual([403, 'AccessDenied']);
    const forged = s3Client(storage.supabase, `${await storage.tokenOf(OWNER)}x`);
    expect(await refusal(await ask('GET', '/', { by: forged }))).toEqual([403, 'AccessDenied']);
    const bare = s3Client(storage.supabase);
    bare.accessKeyId = 'stub';
    expect(await refusal(await ask('GET', '/', { by: bare }))).toEqual([403, 'AccessDenied']);
  });

  it.each([
    ['POST', '/s3?delete', '<Delete><Object><Key>&x;</Key></Object></Delete>', 400],
    ['POST', '/s3?delete', '<!DOCTYPE x [<!ENTITY x "y">]><Delete/>', 400],
    ['POST', '/s3?delete', '<Delete><Object><Key>&#x110000;</Key></Object></Delete>', 400],
    ['POST', '/s3?delete', '<Delete><Object><Key>&#0;</Key></Object></Delete>', 400],
    ['POST', '/s3?delete', '<__proto__><Object><Key>x</Key></Object></__proto__>', 400],
    ['POST', '/s3?delete', '<Delete>'.repeat(50_000), 400],
    ['POST', '/s3?delete', `<Delete>${'<Object><Key>x</Key></Object>'.repeat(1001)}</Delete>`, 400],
    ['POST', '/s3?delete', 'x'.repeat(5_000_000), 400],
    ['POST', '/s3?delete', '', 400],
    ['PUT', '/s3/../escape', 'x', 400],
    ['PUT', '/s3/%2e%2e/escape', 'x', 400],
    ['PUT', '/s3/a%00b', 'x', 400],
    ['PUT', '/..%2fx/y', 'x', 400],
    ['PUT', `/s3/${'k'.repeat(1025)}`, 'x', 400],
    ['GET', '/s3/%E0%A4%A', '', 400],
    ['GET', '/s3/a%00b', '', 400],
    ['GET', '/s3?max-keys=-1', '', 400],
    ['GET', '/s3?max-keys=1e9', '', 400],
    ['GET', '/s3?prefix=%00', '', 400],
    ['GET', '/s3?encoding-type=x', '', 400],
    ['GET', '/s3?list-type=2&continuation-token=x', '', 400],
    ['GET', '/nowhere', '', 404],
    ['GET', '/s3?acl', '', 501],
    ['PUT', '/s3/x?acl', '<AccessControlPolicy/>', 501],
    ['PUT', '/s3/x?partNumber=0&uploadId=x', 'x', 400],
    ['PUT', '/s3/x?partNumber=1&uploadId=x', 'x', 404],
    ['POST', '/s3/x?uploadId=%00', '', 400],
    ['DELETE', '/', '', 405],
  ])('should answer %s with an S3 error (case %#)', async (method, path, body, status) => {
    const url = `${endpoint}${path}`;
    const answer = await send(url, method, signAsIs(storage.supabase, method, url), body);
    expect(answer.status).toBe(status);
    if (!path.includes('%E0')) expect(texts(answer.text, 'Code')).toHaveLength(1);
  });
});
