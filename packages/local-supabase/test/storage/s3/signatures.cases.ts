import { expect, it } from '@jest/globals';
import { send, refusalOf as refusal } from './s3.client.ts';
import type { S3Door } from './s3.door.ts';

/** Requests that were changed on their way. */
export function signatures(door: S3Door): void {
  const { ask, signed, presigned } = door;

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
    door.client.secretAccessKey += 'x';
    const wrong = await ask('GET', '/s3/signed');
    door.client.secretAccessKey = door.client.secretAccessKey.slice(0, -1);
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
}
