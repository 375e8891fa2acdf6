import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import { startLocalSupabase } from '../harness/worker.ts';
import type { LocalSupabase } from '../harness/worker.ts';

/** A local Supabase over a project of its own. */
export class FunctionsFixture {
  #supabase: LocalSupabase | undefined;
  #workdir = '';

  /** @param files of the project, below `supabase/` */
  async start(files: Readonly<Record<string, string>>): Promise<void> {
    this.#workdir = await mkdtemp(join(tmpdir(), 'local-supabase-functions-'));
    for (const [path, content] of Object.entries(files)) await this.write(path, content);
    const ports = { api: 0, db: 0, inbox: 0 };
    this.#supabase = await startLocalSupabase({ workdir: this.#workdir, memory: true, quiet: true, ports });
  }

  async write(path: string, content: string): Promise<void> {
    const file = join(this.#workdir, 'supabase', path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, content);
  }

  get supabase(): LocalSupabase {
    if (!this.#supabase) throw new Error('not started');
    return this.#supabase;
  }

  client(): ReturnType<typeof createClient> {
    return createClient(this.supabase.url, this.supabase.anonKey, { auth: { persistSession: false } });
  }

  /** Calls a function by plain HTTP, with the anonymous key unless told otherwise. */
  call(path: string, init: RequestInit & { duplex?: 'half' } = {}): Promise<Response> {
    const headers = { authorization: `Bearer ${this.supabase.anonKey}`, ...(init.headers as object) };
    return fetch(`${this.supabase.url}/functions/v1/${path}`, { method: 'POST', ...init, headers });
  }

  async stop(): Promise<void> {
    await this.#supabase?.close();
    await rm(this.#workdir, { recursive: true, force: true });
  }
}

/** The file of a function. */
export const source = (name: string, code: string): Record<string, string> => ({
  [`functions/${name}/index.ts`]: code,
});
