import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { filesOf, until } from './harness/files.ts';
import { answerTo, openRequest } from './harness/raw.request.ts';
import { startStorage, type RunningStorage } from './harness/start.storage.ts';

const ORPHAN = '0bb1f1f2-6f0c-4b7e-9a6b-3d6a3f6d1c11';

describe('interruptions', () => {
  let storage: RunningStorage;

  beforeAll(async () => {
    storage = await startStorage();
    await storage.admin.createBucket('cut', { public: true });
  }, 60_000);
  afterAll(() => storage.stop());

  const rows = async (): Promise<string[]> =>
    (await storage.pool.query<{ name: string }>('select name from storage.objects')).rows.map(
      ({ name }) => name,
    );
  const incoming = async (): Promise<string[]> => readdir(join(await storage.filesFolder(), 'incoming'));

  it.each([
    ['announced', { 'content-length': '1000000', 'content-type': 'text/plain' }, ''],
    ['in pieces', { 'transfer-encoding': 'chunked', 'content-type': 'text/plain' }, ''],
    [
      'of a form',
      { 'content-length': '1000000', 'content-type': 'multipart/form-data; boundary=b' },
      '--b\r\ncontent-disposition: form-data; name=""; filename="f"\r\ncontent-type: text/plain\r\n\r\n',
    ],
  ])('should keep nothing of an upload %s that breaks off', async (_what, headers, opening) => {
    const before = await filesOf(storage);
    const outgoing = openRequest(storage, 'POST', '/object/cut/half.bin', headers);
    outgoing.on('error', () => undefined);
    outgoing.write(opening);
    outgoing.write(Buffer.alloc(300_000));
    await until(incoming, (names) => names.length === 1);
    outgoing.destroy();
    await until(incoming, (names) => names.length === 0);
    expect(await filesOf(storage)).toEqual(before);
    expect(await rows()).not.toContain('half.bin');
  });

  it('should keep nothing of a form that ends before its last boundary', async () => {
    const outgoing = openRequest(storage, 'POST', '/object/cut/form.bin', {
      'content-type': 'multipart/form-data; boundary=b',
    });
    const answer = answerTo(outgoing);
    outgoing.end('--b\r\ncontent-disposition: form-data; name=""; filename="f"\r\n\r\nbytes without an end');
    expect((await answer).statusCode).toBeGreaterThanOrEqual(400);
    expect(await rows()).not.toContain('form.bin');
    expect(await incoming()).toEqual([]);
  });

  it('should keep the old object when its replacement breaks off', async () => {
    const api = storage.admin.from('cut');
    await api.upload('kept.txt', 'old');
    const outgoing = openRequest(storage, 'PUT', '/object/cut/kept.txt', { 'content-length': '1000000' });
    outgoing.on('error', () => undefined);
    outgoing.write(Buffer.alloc(100_000));
    await until(incoming, (names) => names.length === 1);
    outgoing.destroy();
    await until(incoming, (names) => names.length === 0);
    await expect((await api.download('kept.txt')).data?.text()).resolves.toBe('old');
  });

  it('should let one of several uploads to a name win whole', async () => {
    const api = storage.admin.from('cut');
    const bodies = 'abcdefgh'.split('').map((letter) => letter.repeat(200_000));
    const results = await Promise.all(bodies.map((body) => api.upload('race', Buffer.from(body))));
    expect(results.filter(({ error }) => error === null)).toHaveLength(1);
    for (const { error } of results.filter((result) => result.error !== null)) {
      expect(error).toMatchObject({ statusCode: '409' });
    }
    await Promise.all(bodies.map((body) => api.upload('race', Buffer.from(body), { upsert: true })));
    expect(bodies).toContain(await (await api.download('race')).data?.text());
    const { rows } = await storage.pool.query<{ version: string }>(
      `select version from storage.objects where name = 'race'`,
    );
    expect(rows).toHaveLength(1);
    const { data } = await api.info('race');
    expect(data).toMatchObject({ size: 200_000, version: rows[0]?.version });
  });

  it('should answer a refused upload while its bytes still come', async () => {
    await storage.admin.createBucket('tiny', { public: false, fileSizeLimit: 10 });
    const outgoing = openRequest(storage, 'POST', '/object/tiny/large.bin', { 'content-length': '20000000' });
    const answer = answerTo(outgoing);
    outgoing.end(Buffer.alloc(20_000_000));
    const response = await answer;
    expect(response.statusCode).toBe(400);
    const pieces: Buffer[] = [];
    for await (const piece of response) pieces.push(piece as Buffer);
    expect(JSON.parse(Buffer.concat(pieces).toString())).toMatchObject({ statusCode: '413' });
  });

  it('should close the file when a download breaks off', async () => {
    const api = storage.admin.from('cut');
    await api.upload('large.bin', Buffer.alloc(20_000_000));
    const openFiles = async (): Promise<number> => (await readdir('/proc/self/fd')).length;
    const before = await openFiles();
    const outgoing = openRequest(storage, 'GET', '/object/cut/large.bin');
    outgoing.end();
    const response = await answerTo(outgoing);
    response.once('data', () => response.destroy());
    await until(openFiles, (count) => count <= before);
    await expect((await api.download('large.bin')).data?.arrayBuffer()).resolves.toHaveProperty(
      'byteLength',
      20_000_000,
    );
  });

  it('should keep objects over a restart, and sweep what a crash left', async () => {
    const api = storage.admin.from('cut');
    await api.upload('stays.txt', 'stays');
    const folder = await storage.filesFolder();
    await mkdir(join(folder, 'objects', ORPHAN.slice(0, 2)), { recursive: true });
    await writeFile(join(folder, 'objects', ORPHAN.slice(0, 2), ORPHAN), 'no row names me');
    await writeFile(join(folder, 'incoming', ORPHAN), 'half');
    await writeFile(join(folder, 'parts', ORPHAN), 'of an upload that was forgotten');
    await storage.restart();
    expect(await filesOf(storage)).not.toContain(ORPHAN);
    await expect((await storage.admin.from('cut').download('stays.txt')).data?.text()).resolves.toBe('stays');
    const { rows: versions } = await storage.pool.query<{ version: string }>(
      'select version from storage.objects order by 1',
    );
    expect(await filesOf(storage)).toEqual(versions.map(({ version }) => version).sort());
  }, 60_000);

  it('should never sweep a folder that belongs to another database', async () => {
    const folder = await storage.filesFolder();
    await writeFile(join(folder, 'database'), 'another one');
    await mkdir(join(folder, 'objects', ORPHAN.slice(0, 2)), { recursive: true });
    await writeFile(join(folder, 'objects', ORPHAN.slice(0, 2), ORPHAN), 'not yours');
    await storage.restart();
    expect(await filesOf(storage)).toContain(ORPHAN);
  }, 60_000);
});
