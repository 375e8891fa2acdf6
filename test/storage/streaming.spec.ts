import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { request, type IncomingMessage } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { signUp, type Caller } from '../harness/caller.js';
import { spawnApi, type ApiProcess } from '../harness/process.js';
import { until } from '../harness/until.js';
import { sendBytes } from './bytes.js';
import { beginUpload, sendPieces } from './raw-upload.js';

const MIB = 1_024 * 1_024;
const PIECE = Buffer.alloc(MIB, 'x');
const SIZE = 160;

/** What grew beyond this was held. */
const BOUND = 64 * MIB;

/** In a process of its own, so that its memory can be looked at. */
describe.each([
  ['with tokens of Supabase', {}],
  ['with tokens of our own', { API_SECRET_KEY: 'a secret key of more than thirty-two characters' }],
])('a large file, %s', (_, overrides: Record<string, string>) => {
  let api: ApiProcess;
  let user: Caller;

  beforeAll(async () => {
    api = await spawnApi(overrides);
    user = await signUp(api.url);
  });
  afterAll(() => api.stop());

  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${String(api.child.pid)}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
  };
  const peakWhile = async <T>(work: Promise<T>): Promise<[T, number]> => {
    let peak = residentBytes();
    const timer = setInterval(() => (peak = Math.max(peak, residentBytes())), 20);
    return [await work.finally(() => clearInterval(timer)), peak];
  };
  const urlOf = (name: string): string =>
    `/api/storage/buckets/user-files/objects/${user.user?.id ?? ''}/${name}`;
  const get = async (name: string): Promise<IncomingMessage> => {
    const download = request(`${user.url}${urlOf(name)}`, {
      agent: false,
      headers: { authorization: `Bearer ${user.token ?? ''}` },
    });
    download.on('error', () => undefined);
    download.end();
    const [answer] = (await once(download, 'response')) as [IncomingMessage];
    return answer;
  };

  it('should pass through without being held, both ways', async () => {
    const name = randomUUID();
    await sendBytes(user, 'POST', urlOf(`${name}-small`), { body: PIECE });
    const before = residentBytes();
    const [sent, sending] = await peakWhile(sendPieces(beginUpload(user, urlOf(name)), PIECE, SIZE));
    expect(sent.statusCode).toBe(201);
    expect(sending - before).toBeLessThan(BOUND);

    const [size, receiving] = await peakWhile(
      (async () => {
        let received = 0;
        for await (const piece of await get(name)) received += (piece as Buffer).length;
        return received;
      })(),
    );
    expect(size).toBe(SIZE * MIB);
    expect(receiving - before).toBeLessThan(BOUND);
  });

  it('should pass through as a form, too', async () => {
    const before = residentBytes();
    const type = 'multipart/form-data; boundary=line';
    const upload = beginUpload(user, urlOf(randomUUID()), { 'content-type': type });
    upload.write('--line\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n');
    const response = once(upload, 'response') as Promise<[IncomingMessage]>;
    for (let sent = 0; sent < 64; sent += 1) {
      if (!upload.write(PIECE)) await once(upload, 'drain');
    }
    upload.end('\r\n--line--\r\n');
    const [[answer], peak] = await peakWhile(response);
    answer.resume();
    expect(answer.statusCode).toBe(201);
    expect(peak - before).toBeLessThan(BOUND);
  });

  it('should wait for a reader who does not read', async () => {
    const name = randomUUID();
    (await sendPieces(beginUpload(user, urlOf(name)), PIECE, 128)).resume();
    const before = residentBytes();
    const answer = await get(name);
    answer.pause();
    // Others are answered meanwhile, and whatever would gather has time to.
    for (let asked = 0; asked < 20; asked += 1) expect((await user.get('/api/health')).status).toBe(200);
    expect(residentBytes() - before).toBeLessThan(BOUND);
    answer.destroy();
  });

  it.each([
    ['a raw body', {}, ''],
    [
      'a form',
      { 'content-type': 'multipart/form-data; boundary=line' },
      '--line\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n',
    ],
  ])('should leave no half object when the client goes away in %s', async (_kind, headers, head) => {
    const name = randomUUID();
    const credits = async (): Promise<number> =>
      (await user.get<{ credits: number }>('/api/credits')).body.credits;
    const before = await credits();
    const upload = beginUpload(user, urlOf(name), headers);
    upload.write(`${head} `);
    for (let sent = 0; sent < 4; sent += 1) {
      if (!upload.write(PIECE)) await once(upload, 'drain');
    }
    expect(await credits()).toBe(before - 1);
    upload.destroy();
    await until(async () => (await credits()) === before);
    // Whole, and at the same place: nothing half is in its way, and nothing late takes it.
    expect((await sendBytes(user, 'POST', urlOf(name), { body: 'whole' })).status).toBe(201);
    expect((await sendBytes(user, 'GET', urlOf(name))).bytes.toString()).toBe('whole');
    expect((await user.get('/api/health')).status).toBe(200);
  });
});
