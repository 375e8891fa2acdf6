import { describe, expect, it } from '@jest/globals';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf, until } from '../harness/files.ts';
import { crcOf, openS3, s3Client, refusalOf as refusal, textsOf as texts } from './s3.client.ts';
import { OWNER, type S3Door } from './s3.door.ts';

/** Objects that arrive in parts. */
export function uploadsInParts(door: S3Door): void {
  const { ask, signed } = door;

  describe('uploads in parts', () => {
    /** What is left of uploads that are over: nothing. */
    const expectNoParts = async (): Promise<void> => {
      const { rows } = await door.storage.pool.query('select id from storage.s3_multipart_uploads_parts');
      expect(rows).toEqual([]);
      expect(await readdir(join(await door.storage.filesFolder(), 'parts'))).toEqual([]);
      expect(await readdir(join(await door.storage.filesFolder(), 'incoming'))).toEqual([]);
    };
    const files = async (): Promise<number> => (await filesOf(door.storage)).length;
    const begin = async (path: string, by = door.client): Promise<string> =>
      texts(
        await (await ask('POST', `${path}?uploads`, { by, headers: { 'content-type': 'text/css' } })).text(),
        'UploadId',
      )[0] ?? '';
    const part = (
      path: string,
      id: string,
      number: number,
      body: string,
      by = door.client,
    ): Promise<Response> => ask('PUT', `${path}?partNumber=${number}&uploadId=${id}`, { by, body });

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
      const kept = (await filesOf(door.storage)).length;
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
      const by = s3Client(door.storage.supabase, await door.storage.tokenOf(OWNER));
      const own = `/s3/${OWNER}/parts`;
      const id = await begin(own, by);
      const foreign = await begin('/s3/foreign');
      expect((await part(own, id, 1, 'own', by)).status).toBe(200);
      expect(await refusal(await part('/s3/foreign', foreign, 1, 'x', by))).toEqual([403, 'AccessDenied']);
      const aborted = await ask('DELETE', `/s3/foreign?uploadId=${foreign}`, { by });
      expect(await refusal(aborted)).toEqual([403, 'AccessDenied']);
      expect((await ask('POST', `${own}?uploadId=${id}`, { by })).status).toBe(200);
      const { rows } = await door.storage.pool.query(
        `select owner_id from storage.objects where name like '%/parts'`,
      );
      expect(rows).toEqual([{ owner_id: OWNER }]);
      await ask('DELETE', own, { by });
      await ask('DELETE', `/s3/foreign?uploadId=${foreign}`);
      await expectNoParts();
    });
  });
}
