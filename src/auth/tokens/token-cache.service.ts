import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import type { Identity } from '../../platform/http/actor.js';

const MAX_TOKENS = 10_000;
const MAX_BYTES = 33_554_432;
/** What an entry takes besides the token's text: the parsed claims are of about that size again. */
const OVERHEAD_BYTES = 1_024;

/**
 * Verified tokens, so that each is verified once and not on every request. Bounded in number and in bytes, never past
 * a token's expiry. Refused tokens are not kept at all: whoever sends forged ones cannot push out a good one.
 */
@Injectable()
export class TokenCache {
  /** By their signatures, as a key has to be hashed for each request, and a token is ten times as long. */
  private readonly identities = new LRUCache<string, Identity>({
    max: MAX_TOKENS,
    maxSize: MAX_BYTES,
    sizeCalculation: ({ token }) => 4 * token.length + OVERHEAD_BYTES,
  });

  /** The identity of a token that was verified before and is still valid. */
  get(token: string): Identity | undefined {
    const signature = signatureOf(token);
    const identity = this.identities.get(signature);
    // Somebody else's words above a known signature.
    if (identity?.token !== token) return undefined;
    if (expiryOf(identity) > Date.now() / 1_000) return identity;
    this.identities.delete(signature);
    return undefined;
  }

  remember(identity: Identity): void {
    this.identities.set(signatureOf(identity.token), identity);
  }

  /** Drops one session's tokens, or, without a session, all of a user's but those of `except`. */
  forget({
    userId,
    sessionId,
    except,
  }: {
    userId: string;
    sessionId?: string | null;
    except?: string | null;
  }): void {
    for (const [signature, identity] of this.identities.entries()) {
      if (identity.userId !== userId || (except !== undefined && identity.sessionId === except)) continue;
      if (sessionId === undefined || identity.sessionId === sessionId) this.identities.delete(signature);
    }
  }

  get size(): number {
    return this.identities.size;
  }
}

const signatureOf = (token: string): string => token.slice(token.lastIndexOf('.') + 1);

const expiryOf = ({ claims }: Identity): number => (typeof claims.exp === 'number' ? claims.exp : 0);
