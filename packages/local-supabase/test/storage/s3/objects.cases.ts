import { expect, it } from '@jest/globals';
import { refusalOf as refusal, textsOf as texts } from './s3.client.ts';
import type { S3Door } from './s3.door.ts';

/** What both doors of the storage do with an object. */
export function objects(door: S3Door): void {
  const { ask } = door;

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
    const { data } = await door.storage.admin.from('s3').download("a folder/it's.html");
    expect(await data?.text()).toBe('<p>one</p>');

    await door.storage.admin.from('s3').upload('plain.txt', 'by the other door');
    const copy = { 'x-amz-copy-source': 's3/plain.txt' };
    expect((await ask('PUT', '/s3/copy.txt', { headers: copy })).status).toBe(200);
    expect(await (await ask('GET', '/s3/copy.txt')).text()).toBe('by the other door');
    const unescaped = { 'x-amz-copy-source': 's3/100%-done.txt' };
    const lost = await ask('PUT', '/s3/lost.txt', { headers: unescaped });
    expect(await refusal(lost)).toEqual([404, 'NoSuchKey']);
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
}
