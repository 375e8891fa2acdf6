import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chownSync, existsSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import pg from 'pg';
import { freePort } from './free-port.js';

/** A PostgreSQL of a suite's own, with fsync on: to be killed as a power cut would, and started again. */
export interface PostgresCluster {
  /** As its superuser. */
  url: string;
  start: () => Promise<void>;
  /** SIGKILL for the postmaster and all its children. */
  kill: () => Promise<void>;
  /** Ends it and removes its data. */
  close: () => Promise<void>;
}

const DEBIAN = '/usr/lib/postgresql';

/** Where the programs are; undefined where PostgreSQL is not installed. */
export const postgresPrograms = programsOf();

export async function createPostgresCluster(): Promise<PostgresCluster> {
  if (postgresPrograms === undefined) throw new Error('PostgreSQL is not installed');
  const programs = postgresPrograms;
  const folder = mkdtempSync(join(tmpdir(), 'supanest-postgres-'));
  const owner = someoneElse();
  if (owner) chownSync(folder, owner.uid, owner.gid);
  const port = String(await freePort());
  const data = join(folder, 'data');
  execFileSync(
    join(programs, 'initdb'),
    ['-D', data, '-U', 'postgres', '--auth=trust', '--encoding=UTF8', '--locale=C', '--no-sync'],
    { stdio: 'ignore', cwd: folder, ...owner },
  );
  const url = `postgresql://postgres:postgres@127.0.0.1:${port}/postgres`;
  let child: ChildProcess | undefined;
  const start = async (): Promise<void> => {
    const settings = ['listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=on'];
    child = spawn(
      join(programs, 'postgres'),
      ['-D', data, '-p', port, ...settings.flatMap((setting) => ['-c', setting])],
      // A group of its own, so that all of it can be killed at once.
      { stdio: 'ignore', cwd: folder, detached: true, ...owner },
    );
    while (!(await answers(url))) {
      if (child.exitCode !== null) throw new Error('PostgreSQL has ended');
      await pause(20);
    }
  };
  const end = async (tell: (pid: number) => void): Promise<void> => {
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    tell(child.pid);
    await ended;
  };
  await start();
  return {
    url,
    start,
    kill: () => end((pid) => process.kill(-pid, 'SIGKILL')),
    close: async () => {
      // Fast: whoever is connected is told so.
      await end((pid) => process.kill(pid, 'SIGINT'));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function programsOf(): string | undefined {
  const versions = existsSync(DEBIAN) ? readdirSync(DEBIAN) : [];
  const newest = versions
    .toSorted((a, b) => Number(b) - Number(a))
    .map((version) => join(DEBIAN, version, 'bin'));
  return newest.find((folder) => existsSync(join(folder, 'initdb')));
}

/** PostgreSQL refuses to run as root. */
function someoneElse(): { uid: number; gid: number } | undefined {
  if (process.getuid?.() !== 0) return undefined;
  const id = (flag: string): number => Number(execFileSync('id', [flag, 'nobody']));
  return { uid: id('-u'), gid: id('-g') };
}

async function answers(url: string): Promise<boolean> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.end();
    return true;
  } catch {
    return false;
  }
}
