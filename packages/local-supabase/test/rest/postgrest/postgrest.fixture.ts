import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PostgrestClient } from '@supabase/postgrest-js';
import pg from 'pg';
import { startLocalSupabase, type LocalSupabase } from '../../harness/worker.ts';
import { LIBRARY_SQL } from '../rest.schema.ts';

/** What was answered, its body parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly statusText: string;
  readonly body: unknown;
  readonly text: string;
  readonly headers: Headers;
}

interface Asked {
  readonly method?: string;
  readonly headers?: Record<string, string>;
  readonly body?: string;
}

/** A local Supabase with a library in it, and ways to ask it. Its cases leave the library as it was. */
export class PostgrestFixture {
  #supabase: LocalSupabase | undefined;
  #database: pg.Client | undefined;
  #workdir = '';

  async start(): Promise<void> {
    this.#workdir = await mkdtemp(join(tmpdir(), 'local-supabase-postgrest-'));
    this.#supabase = await startLocalSupabase({
      workdir: this.#workdir,
      memory: true,
      quiet: true,
      ports: { api: 0, db: 0, inbox: 0 },
      config: { api: { schemas: ['public', 'other'], max_rows: 1000 } },
    });
    this.#database = new pg.Client({ connectionString: this.#supabase.postgresUrl });
    await this.#database.connect();
    await this.#database.query(LIBRARY_SQL);
  }

  async stop(): Promise<void> {
    await this.#database?.end();
    await this.#supabase?.close();
    await rm(this.#workdir, { recursive: true });
  }

  get supabase(): LocalSupabase {
    if (!this.#supabase) throw new Error('not started');
    return this.#supabase;
  }

  /** The official client, with the anonymous key's role. */
  get client(): PostgrestClient {
    return new PostgrestClient(`${this.supabase.url}/rest/v1`);
  }

  /** Runs SQL as the superuser. */
  async sql(text: string): Promise<void> {
    await this.#database?.query(text);
  }

  readonly ask = async (path: string, options: Asked = {}): Promise<Answer> => {
    const response = await fetch(`${this.supabase.url}/rest/v1${path}`, options);
    const text = await response.text();
    const isJson =
      /^application\/(?:[\w.]+\+)?json/.test(response.headers.get('content-type') ?? '') && text !== '';
    return {
      status: response.status,
      statusText: response.statusText,
      text,
      headers: response.headers,
      body: isJson ? (JSON.parse(text) as unknown) : undefined,
    };
  };

  readonly get = (path: string, headers: Record<string, string> = {}): Promise<Answer> =>
    this.ask(path, { headers });

  /** Sends JSON; what it changes is rolled back. */
  readonly send = (method: string, path: string, body: unknown, prefer = ''): Promise<Answer> =>
    this.ask(path, {
      method,
      headers: {
        'content-type': 'application/json',
        prefer: `tx=rollback${prefer === '' ? '' : `,${prefer}`}`,
      },
      body: typeof body === 'string' ? body : JSON.stringify(body),
    });
}
