import { isIP } from 'node:net';
import { Injectable } from '@nestjs/common';
import { GoTrueAdminApi, GoTrueClient } from '@supabase/supabase-js';
import { SupabaseConfig } from '../platform/config/config.js';
import { callerStorage } from './caller-storage.js';
import { upstreamFetch, type Fetch } from './upstream-fetch.js';

/** Who is behind a call to Supabase. */
export interface Behind {
  /** The caller's own access token of Supabase; absent where nobody is signed in yet. */
  authToken?: string | undefined;
  /** The caller's address, for Supabase's own limits. */
  address?: string | undefined;
}

/**
 * Makes the clients that talk to Supabase: a new one for each call, as a client holds the session of whoever it last
 * signed in. Only the part that is needed is made (a whole `SupabaseClient` costs several times as much).
 */
@Injectable()
export class SupabaseClients {
  /** Requests beside the clients, bounded as theirs are. */
  readonly fetch: Fetch;
  /** `<url>/auth/v1`. */
  readonly authUrl: string;
  /** `<url>/rest/v1`. */
  readonly restUrl: string;
  /** `<url>/functions/v1`. */
  readonly functionsUrl: string;
  /** `<url>/storage/v1`. */
  readonly storageUrl: string;
  /** Acts with the secret key, and holds no session. */
  readonly admin: GoTrueAdminApi;

  /** How long Supabase may be silent, in milliseconds. */
  readonly timeoutMs: number;

  constructor(private readonly config: SupabaseConfig) {
    this.timeoutMs = config.timeoutMs;
    this.fetch = upstreamFetch(config.timeoutMs);
    this.authUrl = `${config.url}/auth/v1`;
    this.restUrl = `${config.url}/rest/v1`;
    this.functionsUrl = `${config.url}/functions/v1`;
    this.storageUrl = `${config.url}/storage/v1`;
    this.admin = new GoTrueAdminApi({
      url: this.authUrl,
      headers: this.secretHeaders(),
      fetch: this.fetch,
    });
  }

  /** An auth client for one caller and one call. */
  auth({ authToken, address }: Behind = {}): GoTrueClient {
    return new GoTrueClient({
      url: this.authUrl,
      headers: this.headers({ authToken, address }),
      fetch: this.fetch,
      autoRefreshToken: false,
      detectSessionInUrl: false,
      skipAutoInitialize: true,
      ...(authToken === undefined
        ? { persistSession: false }
        : { persistSession: true, storage: callerStorage(authToken) }),
    });
  }

  /**
   * What every request carries. Supabase believes `Sb-Forwarded-For` from holders of an `sb_secret_…` key only, so
   * requests that nobody is signed in for go with that key, as otherwise all our callers would share the limits of
   * one address. A request with a user's token never goes with it.
   */
  headers({ authToken, address }: Behind): Record<string, string> {
    const { key, secretKey } = this.config;
    const forwarded = plainAddress(address);
    const asServer = authToken === undefined && forwarded !== undefined && secretKey.startsWith('sb_secret_');
    return {
      apikey: asServer ? secretKey : key,
      ...(authToken === undefined ? {} : { Authorization: `Bearer ${authToken}` }),
      ...(forwarded === undefined ? {} : { 'sb-forwarded-for': forwarded }),
    };
  }

  /** What a request carries that acts with the secret key, past row-level security. */
  secretHeaders(): Record<string, string> {
    return { apikey: this.config.secretKey, ...asBearer(this.config.secretKey) };
  }

  /**
   * What a request carries that acts for a user, or for nobody. Never the secret key: what it reaches is up to the
   * policies.
   */
  policyHeaders({ authToken, address }: Behind): Record<string, string> {
    return authToken === undefined
      ? { ...this.headers({}), ...asBearer(this.config.key) }
      : this.headers({ authToken, address });
  }
}

/**
 * Where there is no user's token, a legacy key is one itself: a JWT. `sb_publishable_…` and `sb_secret_…` are none, and belong
 * into `apikey` alone, which Supabase's gateway makes a token of. https://supabase.com/docs/guides/api/api-keys
 */
function asBearer(key: string): { Authorization?: string } {
  return /^sb_(publishable|secret)_/.test(key) ? {} : { Authorization: `Bearer ${key}` };
}

/** An address as Supabase reads it; undefined for what is none (a proxy may have forwarded anything). */
function plainAddress(address: string | undefined): string | undefined {
  const plain = address?.replace(/^::ffff:(?=\d+\.)/i, '').replace(/%.*$/, '');
  return plain !== undefined && isIP(plain) !== 0 ? plain : undefined;
}
