import { expect, it } from '@jest/globals';
import { filesOf } from '../harness/files.ts';
import { chunkedUpload, crcOf, send, refusalOf as refusal, type Answer } from './s3.client.ts';
import type { S3Door } from './s3.door.ts';

/** Bodies in every form that a client may sign or sum up. */
export function bodies(door: S3Door): void {
  const { ask, signed } = door;

  it('should refuse bodies that are not what was signed, and keep nothing of them', async () => {
    const before = await filesOf(door.storage);
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
      const url = `${door.endpoint}/s3/chunks`;
      const { headers, body } = await chunkedUpload(door.storage.supabase, url, ['one', 'two', 'three'], end);
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
      expect(await filesOf(door.storage)).toEqual(before);
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
    expect(await filesOf(door.storage)).toEqual(before);
    expect((await put('hello', crcOf('hello'))).status).toBe(200);
    expect((await ask('HEAD', '/s3/trailing')).headers.get('content-encoding')).toBe('gzip');
  });
}
