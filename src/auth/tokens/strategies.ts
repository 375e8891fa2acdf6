import { createSecretKey, type KeyObject } from 'node:crypto';
import { PassportStrategy } from '@nestjs/passport';
import type passport from 'passport';
import { Strategy, type SecretOrKeyProvider } from 'passport-jwt';
import type { Identity } from '../../platform/http/actor.js';
import { unavailable } from '../../platform/errors/errors.js';
import { identityOfApiToken, identityOfSupabaseToken } from './identity-of-claims.js';
import type { SigningKeys } from './signing-keys.js';
import { readTokenHeader, type TokenHeader } from './token-header.js';

/** What a strategy reads the token from. */
export interface TokenBearer {
  token: string;
}

type Claims = Readonly<Record<string, unknown>>;
type KeyOf = (header: TokenHeader) => Promise<KeyObject | undefined> | KeyObject | undefined;

interface TokenKind {
  /** The only algorithms this kind of key is ever used for: a token cannot choose another. */
  algorithms: ('HS256' | 'ES256' | 'RS256')[];
  keyOf: KeyOf;
  identityOf: (token: string, claims: Claims) => Identity | false;
  audience?: string;
  issuer?: string;
}

/** Where strategies are registered: a passport of the application's own. */
type Registry = InstanceType<(typeof passport)['Passport']>;

interface Issued {
  audience: string;
  issuer: string;
}

/** Accepts tokens that this API has signed itself. */
export const acceptApiTokens = (registry: Registry, secret: string): string =>
  accept(registry, 'api', {
    algorithms: ['HS256'],
    keyOf: always(secret),
    identityOf: identityOfApiToken,
  });

/** Accepts tokens that Supabase has signed with the legacy secret. */
export const acceptSharedSecret = (registry: Registry, secret: string, issued: Issued): string =>
  accept(registry, 'supabase', {
    ...issued,
    algorithms: ['HS256'],
    keyOf: always(secret),
    identityOf: identityOfSupabaseToken,
  });

/** As a key made once: of a text the library tries each time whether it is a public key. */
function always(secret: string): KeyOf {
  const key = createSecretKey(secret, 'utf8');
  return () => key;
}

/** Accepts tokens that Supabase has signed with one of its published keys. */
export const acceptSigningKeys = (registry: Registry, keys: SigningKeys, issued: Issued): string =>
  accept(registry, 'supabase-keys', {
    ...issued,
    algorithms: ['ES256', 'RS256'],
    identityOf: identityOfSupabaseToken,
    keyOf: async ({ alg, kid }) => {
      if (kid === undefined) return undefined;
      const found = await keys.find(kid).catch((cause: unknown) => {
        throw unavailable(undefined, { cause });
      });
      // A key is for one algorithm, whatever the token says.
      return found?.algorithm === alg ? found.key : undefined;
    },
  });

/** Registers a strategy for a kind of token, and answers its name. */
function accept(registry: Registry, name: string, kind: TokenKind): string {
  const { algorithms, keyOf, identityOf, audience, issuer } = kind;
  class TokenStrategy extends PassportStrategy(Strategy, name) {
    /** The library would register it with the one passport that all applications of a process share. */
    getPassportInstance(): Registry {
      return registry;
    }

    validate(bearer: TokenBearer, claims: Claims): Identity | false {
      return identityOf(bearer.token, claims);
    }
  }
  new TokenStrategy({
    jwtFromRequest: (request) => (request as unknown as TokenBearer).token,
    secretOrKeyProvider: provider(algorithms, keyOf),
    algorithms,
    passReqToCallback: true,
    ...(audience === undefined ? {} : { audience }),
    ...(issuer === undefined ? {} : { issuer }),
  });
  return name;
}

/** Made once: nobody reads where, and a stack for each forged token would cost more than its signature. */
const OTHER_KIND = new Error('another kind of token');
const UNKNOWN_KEY = new Error('unknown key');

/** Finds the key before anything is computed: a token of another kind costs a look at its header. */
function provider(algorithms: readonly string[], keyOf: KeyOf): SecretOrKeyProvider {
  return (_request, token: string, done) => {
    const header = readTokenHeader(token);
    if (!header || !algorithms.includes(header.alg)) {
      done(OTHER_KIND);
      return;
    }
    void Promise.resolve(keyOf(header)).then(
      (key) => (key === undefined ? done(UNKNOWN_KEY) : done(null, key as unknown as string)),
      (error: unknown) => done(error),
    );
  };
}
