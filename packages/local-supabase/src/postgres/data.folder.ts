import { randomUUID } from 'node:crypto';
import { cpSync, existsSync } from 'node:fs';
import { mkdir, mkdtemp, readFile, readdir, rename, rm, stat, unlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { StartRefused } from '../start.refused.ts';
import { isAlive, thisProcess } from './process.identity.ts';
import type { ProcessIdentity } from './process.identity.ts';

/** Another process has the folder. */
export class FolderInUse extends StartRefused {
  override readonly name = 'FolderInUse';
}

interface Holder extends ProcessIdentity {
  since: string;
}

const MEMORY_PREFIX = 'local-supabase-memory-';
const LOCK_FILE = 'lock.json';

/** A folder with a Postgres cluster, `pgdata`, that one process at a time may use. */
export class DataFolder {
  readonly root: string;
  private readonly temporary: boolean;

  private constructor(root: string, temporary: boolean) {
    this.root = root;
    this.temporary = temporary;
  }

  get cluster(): string {
    return join(this.root, 'pgdata');
  }

  /** True when there is no cluster yet. */
  get isNew(): boolean {
    return !existsSync(join(this.cluster, 'PG_VERSION'));
  }

  /** @throws FolderInUse */
  static async open(root: string): Promise<DataFolder> {
    await mkdir(root, { recursive: true });
    await lock(root);
    await writeFile(join(root, '.gitignore'), '*\n');
    return new DataFolder(root, false);
  }

  /** A folder that goes away with the process. Those of processes that were killed go away now. */
  static async openTemporary(): Promise<DataFolder> {
    await sweep();
    const root = await mkdtemp(join(tmpdir(), MEMORY_PREFIX));
    await lock(root);
    return new DataFolder(root, true);
  }

  /** Empties the folder; the lock stays. */
  async clear(): Promise<void> {
    for (const name of await readdir(this.root)) {
      if (name !== LOCK_FILE) await rm(join(this.root, name), { recursive: true, force: true });
    }
  }

  async release(): Promise<void> {
    if (this.temporary) await rm(this.root, { recursive: true, force: true });
    else await unlink(join(this.root, LOCK_FILE)).catch(() => undefined);
  }

  /** Puts a copy of a ready-made cluster in place. */
  async fill(template: string): Promise<void> {
    await copyInto(template, this.cluster);
  }
}

/** Copies a folder so that the target is there as a whole or not at all. */
export async function copyInto(source: string, target: string): Promise<void> {
  await mkdir(dirname(target), { recursive: true });
  const draft = `${target}.${randomUUID()}`;
  try {
    // A thousand small files: one by one through the event loop they take twice as long.
    cpSync(source, draft, { recursive: true });
    await rm(target, { recursive: true, force: true });
    await rename(draft, target);
  } catch (error) {
    await rm(draft, { recursive: true, force: true });
    throw error;
  }
}

async function lock(root: string): Promise<void> {
  const path = join(root, LOCK_FILE);
  const holder: Holder = { ...(await thisProcess()), since: new Date().toISOString() };
  for (;;) {
    try {
      await writeFile(path, JSON.stringify(holder), { flag: 'wx' });
      return;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    }
    const other = await readHolder(path);
    if (other && (await isAlive(other))) {
      throw new FolderInUse(
        `${root} is in use by process ${other.pid} (since ${other.since}). Stop it first, or start with another folder or --memory.`,
      );
    }
    // Its process is gone. Moving it away has one winner, whoever else sees the same.
    const stale = `${path}.${randomUUID()}`;
    await rename(path, stale).catch(() => undefined);
    await unlink(stale).catch(() => undefined);
  }
}

async function readHolder(path: string): Promise<Holder | undefined> {
  for (let attempt = 0; attempt < 20; attempt += 1) {
    const text = await readFile(path, 'utf8').catch(() => undefined);
    if (text === undefined) return undefined;
    try {
      return JSON.parse(text) as Holder;
    } catch {
      // Being written just now.
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
  return undefined;
}

async function sweep(): Promise<void> {
  for (const name of await readdir(tmpdir()).catch(() => [])) {
    if (!name.startsWith(MEMORY_PREFIX)) continue;
    const root = join(tmpdir(), name);
    const holder = await readHolder(join(root, LOCK_FILE));
    const age = Date.now() - ((await stat(root).catch(() => undefined))?.mtimeMs ?? Date.now());
    // Without a holder it may be a folder that another process is just making.
    if (holder ? !(await isAlive(holder)) : age > 60_000) await rm(root, { recursive: true, force: true });
  }
}
