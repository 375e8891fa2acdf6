import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { request, type ClientRequest, type IncomingMessage } from 'node:http';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { signUp, type Caller } from '../harness/caller.js';
import { sql } from '../harness/database.js';
import { supabaseUnderTest } from '../harness/environment.js';
import { itLocally } from '../harness/local-parts.js';
import { spawnApi, type ApiProcess } from '../harness/process.js';
import { until } from '../harness/until.js';
import { Upstream } from '../harness/upstream.js';
import { sendBytes } from './bytes.js';
import { beginUpload, sendPieces } from './raw-upload.js';

const MIB = 1_024 * 1_024;
const PIECE = Buffer.alloc(MIB, 'x');
/** In MiB, and half as much again as may be held of it. */
const SIZE = 96;
const BOUND = 64 * MIB;

interface Kind {
  headers: Record<string, string>;
  head: string;
  tail: string;
}
const RAW: Kind = { headers: {}, head: '', tail: '' };
const FORM: Kind = {
  headers: { 'content-type': 'multipart/form-data; boundary=line' },
  head: '--line\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n',
  tail: '\r\n--line--\r\n',
};
const OWN_TOKENS = { API_SECRET_KEY: 'a secret key of more than thirty-two characters' };

/** In a process of its own, so that its memory can be looked at; before Supabase stands what sees when it is left. */
describe.each<[mode: string, sentAs: string, kind: Kind, overrides: Record<string, string>]>([
  ['with tokens of Supabase', 'a form', FORM, {}],
  ['with tokens of our own', 'a raw body', RAW, OWN_TOKENS],
])('a large file, %s', (_mode, sentAs, kind, overrides) => {
  let upstream: Upstream;
  let api: ApiProcess;
  let user: Caller;
  let before: number;
  const large = randomUUID();

  beforeAll(async () => {
    upstream = await Upstream.start();
    api = await spawnApi({ ...upstream.environment, ...overrides });
    user = await signUp(api.url);
    await sendBytes(user, 'POST', urlOf('small'), { body: PIECE });
    before = residentBytes();
  });
  afterAll(async () => {
    // Where a test has failed, a transfer may still be under way, for which it would wait.
    await api.stop('SIGKILL');
    await upstream.close();
  });

  const residentBytes = (): number => {
    const status = readFileSync(`/proc/${String(api.child.pid)}/status`, 'utf8');
    return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1_024;
  };
  /** What the work has answered, and how much more memory it has taken than there was at the start. */
  const grownBy = async <T>(work: Promise<T>): Promise<[T, number]> => {
    let peak = residentBytes();
    const timer = setInterval(() => (peak = Math.max(peak, residentBytes())), 20);
    return [await work.finally(() => clearInterval(timer)), peak - before];
  };
  const urlOf = (name: string): string =>
    `/api/storage/buckets/user-files/objects/${user.user?.id ?? ''}/${name}`;
  const upload = (name: string, { headers, head } = kind): ClientRequest => {
    const begun = beginUpload(user, urlOf(name), headers);
    begun.write(`${head} `);
    return begun;
  };
  const download = async (name: string): Promise<IncomingMessage> => {
    const asked = request(`${user.url}${urlOf(name)}`, {
      agent: false,
      headers: { authorization: `Bearer ${user.token ?? ''}` },
    });
    asked.on('error', () => undefined);
    asked.end();
    const [answer] = (await once(asked, 'response')) as [IncomingMessage];
    return answer;
  };
  const credits = async (): Promise<number> =>
    (await user.get<{ credits: number }>('/api/credits')).body.credits;
  const incomingFiles = (): Promise<string[]> => readdir(join(supabaseUnderTest().filesFolder, 'incoming'));

  it(`should pass through as ${sentAs} without being held`, async () => {
    const [answer, growth] = await grownBy(sendPieces(upload(large), PIECE, SIZE, kind.tail));
    expect(answer.statusCode).toBe(201);
    expect(growth).toBeLessThan(BOUND);
  });

  it('should be waited with for a reader who does not read, and pass through to one who does', async () => {
    const answer = await download(large);
    answer.pause();
    // Others are answered meanwhile, and whatever would gather has time to.
    for (let asked = 0; asked < 20; asked += 1) expect((await user.get('/api/health')).status).toBe(200);
    expect(residentBytes() - before).toBeLessThan(BOUND);
    expect(upstream.last(large)).toMatchObject({ method: 'GET', state: 'open' });
    const [size, growth] = await grownBy(
      (async () => {
        let received = 0;
        for await (const piece of answer) received += (piece as Buffer).length;
        return received;
      })(),
    );
    expect(size).toBe(SIZE * MIB + 1);
    expect(growth).toBeLessThan(BOUND);
  });

  it('should be asked for no further when the client goes away in a download', async () => {
    const answer = await download(large);
    await once(answer, 'readable');
    expect(upstream.last(large)).toMatchObject({ method: 'GET', state: 'open' });
    answer.destroy();
    await until(() => upstream.last(large)?.state === 'broken off');
    expect((await user.get('/api/health')).status).toBe(200);
  });

  itLocally.each([
    ['a raw body', RAW],
    ['a form', FORM],
  ])('should leave no half object when the client goes away in %s', async (_, half) => {
    const name = randomUUID();
    const [had, filesBefore] = [await credits(), await incomingFiles()];
    const begun = upload(name, half);
    for (let sent = 0; sent < 4; sent += 1) {
      if (!begun.write(PIECE)) await once(begun, 'drain');
    }
    // What has been written may still be on its way.
    await until(async () => (await credits()) === had - 1);
    let arriving: string[] = [];
    await until(async () => {
      arriving = (await incomingFiles()).filter((file) => !filesBefore.includes(file));
      return arriving.length > 0;
    });
    expect(upstream.last(name)).toMatchObject({ method: 'POST', state: 'open' });

    begun.destroy();
    await until(() => upstream.last(name)?.state === 'broken off');
    await until(async () => (await credits()) === had);
    await until(async () => !(await incomingFiles()).some((file) => arriving.includes(file)));
    expect(await sql('select name from storage.objects where name like $1', [`%/${name}`])).toEqual([]);
    // Whole, and at the same place: nothing half is in its way, and nothing late takes it.
    expect((await sendBytes(user, 'POST', urlOf(name), { body: 'whole' })).status).toBe(201);
    expect((await sendBytes(user, 'GET', urlOf(name))).bytes.toString()).toBe('whole');
  });
});
