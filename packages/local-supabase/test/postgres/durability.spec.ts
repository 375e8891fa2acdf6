import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { startLocalPostgres } from '../../src/postgres/local.postgres.ts';

const WRITER = fileURLToPath(new URL('./writer.ts', import.meta.url));

describe('The data folder', () => {
  let dataDir: string;
  beforeEach(async () => {
    dataDir = await mkdtemp(join(tmpdir(), 'local-supabase-durability-'));
  });
  afterEach(() => rm(dataDir, { recursive: true, force: true }));

  /** Runs the writer until it has written so many rows, kills it, and answers the numbers it got acknowledged. */
  async function writeAndKill(rows: number): Promise<number[]> {
    const writer = spawn(process.execPath, [WRITER, dataDir], {
      stdio: ['ignore', 'pipe', 'inherit'],
      env: { ...process.env, NODE_OPTIONS: '--no-warnings' },
    });
    const exited = once(writer, 'exit');
    const acknowledged: number[] = [];
    for await (const line of createInterface({ input: writer.stdout })) {
      acknowledged.push(Number(line));
      if (acknowledged.length === rows) writer.kill('SIGKILL');
    }
    await exited;
    return acknowledged;
  }

  it('should have every acknowledged row after SIGKILL, again and again', async () => {
    const acknowledged: number[] = [];
    for (const rows of [1, 120]) {
      acknowledged.push(...(await writeAndKill(rows)));
      const postgres = await startLocalPostgres({ dataDir, port: 0 });
      const client = new pg.Client({ connectionString: postgres.url });
      await client.connect();
      const { rows: missing } = await client.query(
        'select n from unnest($1::bigint[]) n where not exists (select from written w where w.n = n.n)',
        [acknowledged],
      );
      await client.end();
      await postgres.close();
      expect(missing).toEqual([]);
    }
    expect(acknowledged.length).toBeGreaterThanOrEqual(121);
  }, 60_000);

  it('should belong to one process at a time, and say to which', async () => {
    const first = await startLocalPostgres({ dataDir, port: 0 });
    await expect(startLocalPostgres({ dataDir, port: 0 })).rejects.toThrow(
      `in use by process ${process.pid}`,
    );
    await first.close();
    const second = await startLocalPostgres({ dataDir, port: 0 });
    await second.close();
    expect(existsSync(join(dataDir, 'lock.json'))).toBe(false);
  }, 30_000);

  it('should not be kept from us by a process that is gone, nor by a broken lock file', async () => {
    const gone = spawn(process.execPath, ['-e', '']);
    await once(gone, 'exit');
    for (const content of [JSON.stringify({ pid: gone.pid, since: 'then' }), '{"pid":']) {
      await writeFile(join(dataDir, 'lock.json'), content);
      const postgres = await startLocalPostgres({ dataDir, port: 0 });
      expect(postgres.url).toContain('127.0.0.1');
      await postgres.close();
    }
  }, 30_000);

  it('should say so when the port is taken, and leave the folder free', async () => {
    const first = await startLocalPostgres({ dataDir: undefined, port: 0 });
    const port = Number(new URL(first.url).port);
    await expect(startLocalPostgres({ dataDir, port })).rejects.toThrow(`Port ${port} (Postgres) is in use`);
    await first.close();
    const second = await startLocalPostgres({ dataDir, port });
    await second.close();
  }, 30_000);
});
