import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createClient } from '@supabase/supabase-js';
import type { RealtimeChannel, SupabaseClient } from '@supabase/supabase-js';
import { SignJWT } from 'jose';
import pg from 'pg';
import { startLocalSupabase } from '../harness/worker.ts';
import type { LocalSupabase } from '../harness/worker.ts';

export type Version = '1.0.0' | '2.0.0';

export type UserClient = SupabaseClient & { signIn(token: string): Promise<void> };

/** A local Supabase of its own, SQL on it, and clients that are closed with it. */
export class RealtimeFixture {
  readonly #clients: SupabaseClient[] = [];
  /** Sockets on their way out. */
  readonly #disconnecting: Promise<unknown>[] = [];
  #supabase: LocalSupabase | undefined;
  #workdir = '';
  #pool: pg.Pool | undefined;
  #dropDatabase: () => Promise<void> = () => Promise.resolve();

  async start(schema: string): Promise<void> {
    this.#workdir = await mkdtemp(join(tmpdir(), 'local-supabase-realtime-'));
    const options = { workdir: this.#workdir, quiet: true, ports: { api: 0, db: 0, inbox: 0 } };
    const postgresUrl = await this.#ownDatabase(process.env.TEST_POSTGRES_URL);
    this.#supabase = await startLocalSupabase(
      postgresUrl === undefined ? { ...options, memory: true } : { ...options, postgresUrl },
    );
    this.#pool = new pg.Pool({ connectionString: this.#supabase.postgresUrl });
    this.#pool.on('error', () => undefined);
    await this.sql(schema);
  }

  get supabase(): LocalSupabase {
    if (!this.#supabase) throw new Error('not started');
    return this.#supabase;
  }

  async sql(text: string, values: unknown[] = []): Promise<Record<string, unknown>[]> {
    if (!this.#pool) throw new Error('not started');
    const { rows } = await this.#pool.query<Record<string, unknown>>(text, values);
    return rows;
  }

  /** A token of a signed-in user. @param seconds until it expires */
  token(sub: string, claims: Record<string, unknown> = {}, seconds = 3600): Promise<string> {
    const exp = Math.floor(Date.now() / 1000) + seconds;
    return new SignJWT({ role: 'authenticated', sub, exp, ...claims })
      .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
      .sign(new TextEncoder().encode(this.supabase.jwtSecret));
  }

  /** A client with the anonymous key, or as the user of a token, which `signIn` may replace. */
  async client(token?: string, vsn: Version = '2.0.0'): Promise<UserClient> {
    let current = token ?? this.supabase.anonKey;
    const client = createClient(this.supabase.url, this.supabase.anonKey, {
      realtime: { vsn },
      accessToken: () => Promise.resolve(current),
    });
    await client.realtime.setAuth();
    this.#clients.push(client);
    return Object.assign(client, {
      signIn(next: string) {
        current = next;
        return client.realtime.setAuth();
      },
    });
  }

  /** Nobody is in a channel any more. The sockets close behind that: their clients look for it only now and then. */
  async leaveAll(): Promise<void> {
    await Promise.all(this.#clients.splice(0).map((client) => this.#leave(client)));
  }

  async #leave(client: SupabaseClient): Promise<void> {
    await Promise.all(
      client.getChannels().map(async (channel) => {
        await channel.unsubscribe();
        channel.teardown();
      }),
    );
    this.#disconnecting.push(client.realtime.disconnect());
  }

  async stop(): Promise<void> {
    await this.leaveAll();
    await Promise.all(this.#disconnecting);
    await this.#pool?.end();
    await this.#supabase?.close();
    await this.#dropDatabase();
    await rm(this.#workdir, { recursive: true, force: true });
  }

  /** A new database of a Postgres server (its superuser's URL), to try the same there; undefined without a server. */
  async #ownDatabase(server: string | undefined): Promise<string | undefined> {
    if (server === undefined) return undefined;
    const name = `realtime_${randomUUID().replaceAll('-', '')}`;
    const client = new pg.Client({ connectionString: server });
    await client.connect();
    await client.query(`create database ${name}`);
    this.#dropDatabase = async () => {
      await client.query(`drop database ${name} with (force)`);
      await client.end();
    };
    return Object.assign(new URL(server), { pathname: `/${name}` }).href;
  }
}

/** Resolves when the channel is joined; rejects with the reason when it is not. */
export function joined(channel: RealtimeChannel): Promise<RealtimeChannel> {
  return new Promise((resolve, reject) => {
    channel.subscribe((state, error) => {
      const status: string = state;
      if (status === 'SUBSCRIBED') resolve(channel);
      else if (status === 'CHANNEL_ERROR' || status === 'TIMED_OUT') reject(error ?? new Error(status));
    });
  });
}

/** Collects what arrives, and lets a test wait for it. */
export class Inbox<T> {
  readonly items: T[] = [];
  readonly #waiting = new Set<() => void>();

  readonly put = (item: T): void => {
    this.items.push(item);
    for (const look of this.#waiting) look();
  };

  /** The first item that matches, now or later. */
  async next(matches: (item: T) => boolean = () => true, withinMs = 10_000): Promise<T> {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(look);
        reject(new Error(`nothing that matches arrived, only ${JSON.stringify(this.items)}`));
      }, withinMs);
      const look = (): void => {
        const found = this.items.find(matches);
        if (found === undefined) return;
        clearTimeout(timer);
        this.#waiting.delete(look);
        resolve(found);
      };
      this.#waiting.add(look);
      look();
    });
  }
}

export interface SystemMessage {
  readonly extension: string;
  readonly status: string;
  readonly message: string;
  readonly channel: string;
}

/** The system messages of a channel; call it before joining. */
export function systemMessages(channel: RealtimeChannel): Inbox<SystemMessage> {
  const inbox = new Inbox<SystemMessage>();
  channel.on('system', {} as { event: string }, inbox.put);
  return inbox;
}
