import type { IncomingMessage } from 'node:http';
import type { Duplex } from 'node:stream';
import type { FastifyInstance } from 'fastify';
import type { Pool, PoolClient } from 'pg';
import type { JWTPayload } from 'jose';

/**
 * What every part of the local Supabase is given: nothing is global, so several can run in one process.
 */
export interface Context {
  /** `supabase/config.toml` as parsed, `env(NAME)` resolved. Each part reads its own section, with its own defaults. */
  readonly config: ConfigTree;
  /** The folder that holds `supabase/` (config, migrations, seed, functions). */
  readonly workdir: string;
  /** Where this Supabase is reached, without a trailing slash: `http://127.0.0.1:54321`. */
  readonly url: string;
  readonly database: Database;
  readonly keys: KeyRing;
  readonly mailer: Mailer;
}

/** A TOML document: tables are objects, the rest are TOML's scalars and arrays. */
export interface ConfigTree {
  readonly [key: string]: ConfigValue;
}
export type ConfigValue = ConfigTree | string | number | boolean | Date | bigint | ConfigValue[] | undefined;

/** The one Postgres, as its superuser. */
export interface Database {
  readonly pool: Pool;
  /** Where clients reach it: `postgresql://postgres:postgres@127.0.0.1:54322/postgres`. */
  readonly url: string;
  /** One transaction: commits when `work` resolves, rolls back when it throws. */
  transaction<T>(work: (client: PoolClient) => Promise<T>): Promise<T>;
}

/** The project's keys: what signs tokens, what verifies them, and the four API keys. */
export interface KeyRing {
  /** The legacy HS256 secret (`auth.jwt_secret`). */
  readonly jwtSecret: string;
  /** Long-lived tokens with role `anon` and `service_role`, signed by what signs everything else. */
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  /** `sb_publishable_…` and `sb_secret_…`. */
  readonly publishableKey: string;
  readonly secretKey: string;
  /** Signs with the current signing key: HS256 by the secret, or the ES256/RS256 key from `auth.signing_keys_path`. */
  sign(claims: JWTPayload): Promise<string>;
  /** The claims of a token signed by any key of this ring; throws when forged or expired. */
  verify(token: string): Promise<JWTPayload>;
  /** Public keys, for `/auth/v1/.well-known/jwks.json`. Symmetric keys are never in it. */
  jwks(): { keys: Record<string, unknown>[] };
}

/** Mail is caught, not sent. */
export interface Mailer {
  send(mail: Mail): Promise<void>;
}

export interface Mail {
  to: string;
  subject: string;
  html: string;
  text: string;
}

/** One part behind the gateway: `/auth/v1`, `/rest/v1`, … */
export interface Part {
  /** Path under which the gateway mounts it. */
  readonly prefix: `/${string}`;
  /** Adds the part's routes; they are relative to the prefix. */
  readonly routes: (app: FastifyInstance) => Promise<void>;
  /** Makes the part ready on every start, after its schema has been made and before the project's own migrations. */
  readonly migrate?: () => Promise<void>;
  /**
   * Takes over a connection that asked for an upgrade (a WebSocket) below the prefix. The gateway hands it the server's
   * `upgrade` event with `request.url` as it arrived; the part answers or destroys the socket.
   */
  readonly upgrade?: (request: IncomingMessage, socket: Duplex, head: Buffer) => void;
  /** Paths (under the prefix, with a leading slash) that the gateway serves without an API key. Default: none. */
  readonly isOpen?: (path: string) => boolean;
  /** Ends timers, sockets and workers. */
  readonly close?: () => Promise<void>;
}
