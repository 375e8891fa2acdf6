import { expect, it } from '@jest/globals';
import { send, signAsIs, textsOf as texts } from './s3.client.ts';
import type { S3Door } from './s3.door.ts';

/** What no client sends. */
export function badRequests(door: S3Door): void {
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
    const url = `${door.endpoint}${path}`;
    const answer = await send(url, method, signAsIs(door.storage.supabase, method, url), body);
    expect(answer.status).toBe(status);
    if (!path.includes('%E0')) expect(texts(answer.text, 'Code')).toHaveLength(1);
  });
}
