import { expect, it } from '@jest/globals';
import { filesOf } from '../harness/files.ts';
import { signedForm, refusalOf as refusal } from './s3.client.ts';
import type { S3Door } from './s3.door.ts';

/** Uploads by HTML forms. */
export function forms(door: S3Door): void {
  const { ask } = door;

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
      return fetch(`${door.endpoint}/${bucket}`, { method: 'POST', body: form });
    };
    const wanted = { key: 'forms/${filename}', 'content-type': 'text/css' };
    const fields = { ...signedForm(door.storage.supabase, conditions), ...wanted };
    const before = await filesOf(door.storage);
    const refused: [Promise<Response>, number, string][] = [
      [post({ ...fields, key: 'elsewhere' }), 403, 'AccessDenied'],
      [post({ ...fields, 'content-type': 'text/css,image/png' }), 403, 'AccessDenied'],
      [post({ ...fields, 'x-amz-meta-a': 'b' }), 403, 'AccessDenied'],
      [post(fields, 'four', 'list'), 403, 'AccessDenied'],
      [post(fields, 'larger'), 413, 'EntityTooLarge'],
      [post(fields, '1'), 400, 'EntityTooSmall'],
      [post({ ...fields, policy: btoa('{"conditions":[]}') }), 403, 'SignatureDoesNotMatch'],
      [post(wanted), 400, 'InvalidSignature'],
      [post({ ...signedForm(door.storage.supabase, [], '2020-01-01'), ...wanted }), 400, 'ExpiredToken'],
      [post({ ...signedForm(door.storage.supabase, [], 'never'), ...wanted }), 400, 'InvalidPolicyDocument'],
      [post({ ...signedForm(door.storage.supabase, [7]), ...wanted }), 400, 'InvalidPolicyDocument'],
      [post({ ...fields, key: 'forms/../x' }), 400, 'InvalidKey'],
    ];
    for (const [answer, status, word] of refused) expect(await refusal(await answer)).toEqual([status, word]);
    expect(await filesOf(door.storage)).toEqual(before);
    expect((await post(fields)).status).toBe(200);
    const got = await ask('GET', '/s3/forms/name.txt');
    expect([await got.text(), got.headers.get('content-type')]).toEqual(['four', 'text/css']);
  });
}
