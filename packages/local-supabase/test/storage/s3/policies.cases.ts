import { expect, it } from '@jest/globals';
import { s3Client, refusalOf as refusal, textsOf as texts } from './s3.client.ts';
import { OWNER, type S3Door } from './s3.door.ts';

/** Session tokens: what row-level security makes of the protocol. */
export function policies(door: S3Door): void {
  const { ask } = door;

  it('should show and let change what the policies of a session token say', async () => {
    const by = s3Client(door.storage.supabase, await door.storage.tokenOf(OWNER));
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
    const forged = s3Client(door.storage.supabase, `${await door.storage.tokenOf(OWNER)}x`);
    expect(await refusal(await ask('GET', '/', { by: forged }))).toEqual([403, 'AccessDenied']);
    const bare = s3Client(door.storage.supabase);
    bare.accessKeyId = 'stub';
    expect(await refusal(await ask('GET', '/', { by: bare }))).toEqual([403, 'AccessDenied']);
  });
}
