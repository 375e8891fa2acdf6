import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { S3Door } from './keys/s3.credentials.ts';
import { isAlive, thisProcess } from './postgres/process.identity.ts';
import type { ProcessIdentity } from './postgres/process.identity.ts';

/** Where a Supabase is, and its keys. */
export interface Facts {
  readonly url: string;
  /** Absent where functions are switched off. */
  readonly functionsUrl?: string;
  /** Absent where the S3 protocol is switched off. */
  readonly s3?: S3Door;
  readonly postgresUrl: string;
  readonly inboxUrl: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  readonly jwtSecret: string;
}

/** A Supabase that runs, for `status` and `stop` in another terminal. */
export type Running = Facts & ProcessIdentity;

const pathIn = (workdir: string): string => join(workdir, '.supabase', 'running.json');

export async function writeRunning(workdir: string, facts: Facts): Promise<void> {
  const path = pathIn(workdir);
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, JSON.stringify({ ...(await thisProcess()), ...facts }), { mode: 0o600 });
}

/** The Supabase that runs for this workdir, if one does. */
export async function readRunning(workdir: string): Promise<Running | undefined> {
  const text = await readFile(pathIn(workdir), 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const running = JSON.parse(text) as Running;
    return (await isAlive(running)) ? running : undefined;
  } catch {
    // Half written, or by somebody else: nobody we could talk about.
    return undefined;
  }
}

export async function removeRunning(workdir: string): Promise<void> {
  const running = await readRunning(workdir);
  if (running?.pid === process.pid) await rm(pathIn(workdir), { force: true });
}
