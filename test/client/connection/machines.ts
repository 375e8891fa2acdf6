import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { LinkOptions } from '../../../packages/client/src/connection/connection.ts';
import { MemoryCredentialsManager } from '../../../packages/client/src/credentials/memory.manager.ts';
import { API_SECRET_KEY, UNHURRIED } from '../../auth/modes.js';
import { supabaseUnderTest } from '../../harness/environment.js';
import { SharedApi } from '../../harness/shared-api.js';

/** What the client may be connected to. */
export const BACKENDS = ['Supanest', 'bare Supabase'] as const;
export type Backend = (typeof BACKENDS)[number];

/** A machine of one's own: an empty home and working directory, and no environment. */
export type Machine = LinkOptions & { cwd: string; home: string };

/** Machines, and both backends that they may connect to. */
export class Machines {
  readonly api = new SharedApi();
  /** What both take for a project's key. */
  readonly key = supabaseUnderTest().publishableKey;
  private folder = '';

  async start(): Promise<void> {
    await this.api.start({ ...UNHURRIED, API_SECRET_KEY });
    this.folder = await mkdtemp(join(tmpdir(), 'supanest-connection-'));
  }

  async stop(): Promise<void> {
    await this.api.close();
    await rm(this.folder, { recursive: true });
  }

  urlOf(backend: Backend): string {
    return backend === 'Supanest' ? this.api.url : supabaseUnderTest().url;
  }

  readonly machine = async (environment: Record<string, string> = {}): Promise<Machine> => {
    const [home, cwd] = [
      await mkdtemp(join(this.folder, 'home-')),
      await mkdtemp(join(this.folder, 'work-')),
    ];
    return { cwd, home, environment, credentials: new MemoryCredentialsManager() };
  };
}
