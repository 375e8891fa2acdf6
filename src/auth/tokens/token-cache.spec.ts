import { randomUUID } from 'node:crypto';
import { describe, expect, it, jest } from '@jest/globals';
import type { Identity } from '../../platform/http/actor.js';
import { TokenCache } from './token-cache.service.js';

const inSeconds = (seconds: number): number => Math.floor(Date.now() / 1_000) + seconds;

function identity(changes: Partial<Identity> = {}, exp: number = inSeconds(600)): Identity {
  return {
    userId: randomUUID(),
    sessionId: randomUUID(),
    email: null,
    issuer: 'supabase',
    token: randomUUID(),
    claims: { exp },
    ...changes,
  };
}

describe('TokenCache', () => {
  it('should know a token that was remembered, and no other', () => {
    const cache = new TokenCache();
    const known = identity();
    cache.remember(known);
    expect(cache.get(known.token)).toBe(known);
    expect(cache.get('another')).toBeUndefined();
  });

  it('should not take other claims above the signature of a known token for it', () => {
    const cache = new TokenCache();
    const known = identity({ token: 'head.claims.signature' });
    cache.remember(known);
    expect(cache.get('head.forged.signature')).toBeUndefined();
    expect(cache.get('signature')).toBeUndefined();
    expect(cache.get('head.claims.signature')).toBe(known);
  });

  it('should never answer past the expiry', () => {
    const cache = new TokenCache();
    const known = identity({}, inSeconds(60));
    cache.remember(known);
    const clock = jest.spyOn(Date, 'now').mockReturnValue(Date.now() + 61_000);
    expect(cache.get(known.token)).toBeUndefined();
    clock.mockRestore();
    // Not even when the clock goes back: it is gone.
    expect(cache.get(known.token)).toBeUndefined();
  });

  it('should be bounded in number', () => {
    const cache = new TokenCache();
    for (let index = 0; index < 10_500; index += 1) cache.remember(identity());
    expect(cache.size).toBe(10_000);
  });

  it('should be bounded in bytes', () => {
    const cache = new TokenCache();
    for (let index = 0; index < 2_000; index += 1) {
      cache.remember(identity({ token: `${index}`.padEnd(12_000, 'x') }));
    }
    expect(cache.size).toBeLessThan(700);
    expect(cache.size).toBeGreaterThan(500);
  });

  it('should keep what is used when it has to drop something', () => {
    const cache = new TokenCache();
    const used = identity();
    cache.remember(used);
    for (let index = 0; index < 20_000; index += 1) {
      cache.remember(identity());
      cache.get(used.token);
    }
    expect(cache.get(used.token)).toBe(used);
  });

  describe('forget', () => {
    const userId = randomUUID();
    const [first, second] = [randomUUID(), randomUUID()];
    const scenario = (): { cache: TokenCache; tokens: () => boolean[] } => {
      const cache = new TokenCache();
      const all = [
        identity({ userId, sessionId: first }),
        identity({ userId, sessionId: second }),
        identity({ userId, sessionId: null }),
        identity(),
      ];
      for (const one of all) cache.remember(one);
      return { cache, tokens: () => all.map(({ token }) => cache.get(token) !== undefined) };
    };

    it('should drop one session', () => {
      const { cache, tokens } = scenario();
      cache.forget({ userId, sessionId: first });
      expect(tokens()).toEqual([false, true, true, true]);
    });

    it('should drop all sessions of a user', () => {
      const { cache, tokens } = scenario();
      cache.forget({ userId });
      expect(tokens()).toEqual([false, false, false, true]);
    });

    it('should drop all but one', () => {
      const { cache, tokens } = scenario();
      cache.forget({ userId, except: first });
      expect(tokens()).toEqual([true, false, false, true]);
    });
  });
});
