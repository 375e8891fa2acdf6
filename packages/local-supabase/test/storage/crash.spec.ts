import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import { fork, type ChildProcess } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { startLocalSupabase } from '../harness/worker.ts';

interface Row {
  name: string;
  version: string;
  size: number;
  etag: string;
}

describe('a crash', () => {
  let workdir: string;

  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'storage-crash-'));
  });
  afterAll(() => rm(workdir, { recursive: true, force: true }));

  it('should leave neither half an object, nor a row without its file, nor a file without its row', async () => {
    const acknowledged = await uploadUntilKilled(workdir);
    expect(acknowledged.size).toBeGreaterThan(0);

    const supabase = await startLocalSupabase({ workdir, quiet: true, ports: { api: 0, db: 0, inbox: 0 } });
    const client = new pg.Client({ connectionString: supabase.postgresUrl });
    try {
      await client.connect();
      const { rows } = await client.query<Row>(
        `select name, version, (metadata ->> 'size')::int as size, metadata ->> 'eTag' as etag from storage.objects`,
      );
      const files = await filesBelow(join(workdir, '.supabase', 'storage', 'objects'));
      expect([...files.keys()].sort()).toEqual(rows.map(({ version }) => version).sort());
      expect(await filesBelow(join(workdir, '.supabase', 'storage', 'incoming'))).toEqual(new Map());
      for (const { version, size, etag } of rows) {
        const bytes = await readFile(files.get(version) ?? '');
        expect([bytes.length, `"${createHash('md5').update(bytes).digest('hex')}"`]).toEqual([size, etag]);
      }
      const names = new Set(rows.map(({ name }) => name));
      expect([...acknowledged].filter((name) => !names.has(name))).toEqual([]);
    } finally {
      await client.end();
      await supabase.close();
    }
  }, 120_000);
});

/** Uploads, replaces and removes objects from several sides, and kills the server in the middle. @returns what it acknowledged last */
async function uploadUntilKilled(workdir: string): Promise<Set<string>> {
  const server: ChildProcess = fork(join(import.meta.dirname, 'harness', 'process.server.ts'), [workdir], {
    execArgv: ['--no-warnings'],
  });
  const [{ url, serviceRoleKey }] = (await once(server, 'message')) as [
    { url: string; serviceRoleKey: string },
  ];
  const api = createClient(url, serviceRoleKey).storage.from('large');
  const acknowledged = new Set<string>();
  const gone = once(server, 'exit');
  let alive = true;
  const side = async (name: string): Promise<void> => {
    for (let round = 0; alive; round += 1) {
      const path = `${name}/${round % 5}`;
      // While it is replaced or removed nobody can say which of both states a crash would leave.
      const replaced = await api.upload(path, randomBytes(400_000), { upsert: true });
      if (replaced.error) return;
      acknowledged.add(path);
      if (round % 7 !== 6) continue;
      acknowledged.delete(path);
      if ((await api.remove([path])).error) return;
    }
  };
  const sides = Promise.all(['a', 'b', 'c', 'd'].map(side));
  while (acknowledged.size < 12) await new Promise((resolve) => setTimeout(resolve, 10));
  server.kill('SIGKILL');
  alive = false;
  await Promise.all([gone, sides]);
  return acknowledged;
}

async function filesBelow(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  return new Map(
    entries.filter((entry) => entry.isFile()).map(({ name, parentPath }) => [name, join(parentPath, name)]),
  );
}
