import { createPublicKey, type KeyObject } from 'node:crypto';
import { JwksClient } from 'jwks-rsa';

/** A key that Supabase signs with, and the one algorithm it is for. */
export interface SigningKey {
  algorithm: string;
  key: KeyObject;
}

/** How soon a failed attempt may be repeated. */
const AFTER_FAILURE_MS = 1_000;

export interface SigningKeysOptions {
  jwksUri: string;
  timeoutMs: number;
  /** Keys older than this are fetched anew, in the background. Default: ten minutes. */
  refreshAfterMs?: number;
  /** How often, at most, an unknown key id makes us ask. Default: half a minute. */
  askAgainAfterMs?: number;
}

/**
 * Supabase's public signing keys. All are fetched at once and kept while Supabase cannot be reached; tokens with made-up
 * key ids cause one request in half a minute, all together, and never cost the known keys their place (which a
 * cache and a rate limit per key id would).
 */
export class SigningKeys {
  private readonly client: JwksClient;
  private readonly refreshAfterMs: number;
  private readonly askAgainAfterMs: number;
  private keys = new Map<string, SigningKey>();
  private asking: Promise<void> | undefined;
  private askedAt = Number.NEGATIVE_INFINITY;
  private failure: unknown;

  constructor({
    jwksUri,
    timeoutMs,
    refreshAfterMs = 600_000,
    askAgainAfterMs = 30_000,
  }: SigningKeysOptions) {
    this.client = new JwksClient({
      jwksUri,
      cache: false,
      rateLimit: false,
      fetcher: (uri) => fetchKeySet(uri, timeoutMs),
    });
    this.refreshAfterMs = refreshAfterMs;
    this.askAgainAfterMs = askAgainAfterMs;
  }

  /**
   * The key of an id; undefined when Supabase has none such.
   * @throws whatever kept us from asking, when it is not known whether there is such a key
   */
  async find(kid: string): Promise<SigningKey | undefined> {
    const known = this.keys.get(kid);
    const age = performance.now() - this.askedAt;
    if (known) {
      if (age > this.refreshAfterMs) void this.ask();
      return known;
    }
    const patience = this.failure === undefined ? this.askAgainAfterMs : AFTER_FAILURE_MS;
    if (this.asking || age > patience) await this.ask();
    if (this.failure !== undefined) throw this.failure as Error;
    return this.keys.get(kid);
  }

  private ask(): Promise<void> {
    this.asking ??= this.fetch().finally(() => {
      this.asking = undefined;
    });
    return this.asking;
  }

  private async fetch(): Promise<void> {
    this.askedAt = performance.now();
    try {
      const fetched = await this.client.getSigningKeys();
      this.keys = new Map(
        fetched.map((key) => [key.kid, { algorithm: key.alg, key: createPublicKey(key.getPublicKey()) }]),
      );
      this.failure = undefined;
    } catch (error) {
      const unreachable = (error as { isEndpointUnavailable?: boolean }).isEndpointUnavailable === true;
      // Otherwise Supabase has answered: it has no such keys (it signs with the legacy secret).
      this.failure = unreachable ? error : undefined;
    }
  }
}

async function fetchKeySet(uri: string, timeoutMs: number): Promise<{ keys: unknown }> {
  const response = await fetch(uri, { redirect: 'error', signal: AbortSignal.timeout(timeoutMs) });
  if (!response.ok) throw new Error(`the key set was answered with ${response.status}`);
  return (await response.json()) as { keys: unknown };
}
