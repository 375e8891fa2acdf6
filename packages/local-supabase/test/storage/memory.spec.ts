import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, type Hash } from 'node:crypto';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const SIZE = 192 * 1024 * 1024;
const PIECE = 1024 * 1024;
/** In bytes: what the process may grow by, however large the file. */
const ALLOWED = 112 * 1024 * 1024;

interface Started {
  url: string;
  serviceRoleKey: string;
}

/** A process of its own, so that only the server's memory is measured. */
describe('memory', () => {
  let workdir: string;
  let server: ChildProcess;
  let started: Started;

  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'storage-memory-'));
    server = fork(join(import.meta.dirname, 'harness', 'process.server.ts'), [workdir], {
      execArgv: ['--no-warnings'],
    });
    [started] = (await once(server, 'message')) as [Started];
  }, 90_000);
  afterAll(async () => {
    server.send('stop');
    await once(server, 'exit');
    await rm(workdir, { recursive: true, force: true });
  }, 30_000);

  const rss = async (): Promise<number> => {
    const answer = once(server, 'message');
    server.send('rss');
    return ((await answer) as [number])[0];
  };

  it('should pass 192 MiB up and down without holding them', async () => {
    await put(64 * 1024);
    const before = await rss();
    const sent = await put(SIZE);
    const afterUpload = await rss();
    const received = await get();
    const afterDownload = await rss();
    expect(received).toEqual({ size: SIZE, digest: sent });
    expect(afterUpload - before).toBeLessThan(ALLOWED);
    expect(afterDownload - before).toBeLessThan(ALLOWED);
  }, 120_000);

  const open = (method: string, headers: Record<string, string>): ReturnType<typeof request> =>
    request(`${started.url}/storage/v1/object/large/file.bin`, {
      method,
      headers: { authorization: `Bearer ${started.serviceRoleKey}`, ...headers },
    });

  async function put(size: number): Promise<string> {
    const outgoing = open('PUT', { 'content-length': String(size) });
    const answer = once(outgoing, 'response');
    const hash = createHash('md5');
    for (let left = size; left > 0; left -= PIECE) {
      const piece = Buffer.alloc(Math.min(PIECE, left), left / PIECE);
      hash.update(piece);
      if (!outgoing.write(piece)) await once(outgoing, 'drain');
    }
    outgoing.end();
    const [response] = (await answer) as [NodeJS.ReadableStream & { statusCode: number }];
    response.resume();
    expect(response.statusCode).toBe(200);
    return hash.digest('hex');
  }

  async function get(): Promise<{ size: number; digest: string }> {
    const outgoing = open('GET', {});
    outgoing.end();
    const [response] = (await once(outgoing, 'response')) as [AsyncIterable<Buffer>];
    const hash: Hash = createHash('md5');
    let size = 0;
    for await (const piece of response) {
      size += piece.length;
      hash.update(piece);
    }
    return { size, digest: hash.digest('hex') };
  }
});
