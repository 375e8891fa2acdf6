import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { decodeProtectedHeader, importJWK, jwtVerify, SignJWT } from 'jose';
import type { CryptoKey, JWK, JWTPayload } from 'jose';
import { ConfigError, section } from '../config/config.ts';
import type { ConfigTree, KeyRing } from '../context.ts';

/** What the Supabase CLI takes where the config names nothing else; published, and good for nothing but development. */
const LOCAL_JWT_SECRET = 'super-secret-jwt-token-with-at-least-32-characters-long';
const LOCAL_PUBLISHABLE_KEY = 'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH';
const LOCAL_SECRET_KEY = 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz';
/** November 2032, in the Supabase CLI's tokens. */
const LOCAL_KEY_EXPIRY = 1_983_812_996;
const MIN_SECRET_LENGTH = 16;

const ALGORITHMS = ['ES256', 'RS256'] as const;
type Algorithm = (typeof ALGORITHMS)[number];

interface SigningKey {
  readonly algorithm: Algorithm;
  readonly kid: string;
  /** Undefined for a key that only verifies (`key_ops`). */
  readonly sign: CryptoKey | Uint8Array | undefined;
  readonly verify: CryptoKey | Uint8Array;
  readonly publicJwk: JWK;
}

/**
 * The project's keys from `[auth]`: `jwt_secret`, `anon_key`, `service_role_key`, `publishable_key`, `secret_key`, and
 * the private JWKs in the file at `signing_keys_path`, of which the first one that may sign signs. It signs the anon and
 * the service key, too, unless they are given; without such a file that is done with the secret.
 * @throws ConfigError
 */
export async function loadKeyRing(config: ConfigTree, workdir: string): Promise<KeyRing> {
  const auth = section(config, 'auth');
  const text = (key: string, fallback: string): string => {
    const value = auth[key];
    return typeof value === 'string' && value !== '' ? value : fallback;
  };
  const jwtSecret = text('jwt_secret', LOCAL_JWT_SECRET);
  if (jwtSecret.length < MIN_SECRET_LENGTH) {
    throw new ConfigError(
      `supabase/config.toml: auth.jwt_secret must have at least ${MIN_SECRET_LENGTH} characters`,
    );
  }
  const path = text('signing_keys_path', '');
  const signingKeys = path === '' ? [] : await loadSigningKeys(resolve(workdir, 'supabase', path));
  const [anonKey, serviceRoleKey] = await Promise.all(
    (['anon', 'service_role'] as const).map((role) => roleToken(role, jwtSecret, signerOf(signingKeys))),
  );
  return new Keys(jwtSecret, signingKeys, {
    anonKey: text('anon_key', anonKey ?? ''),
    serviceRoleKey: text('service_role_key', serviceRoleKey ?? ''),
    publishableKey: text('publishable_key', LOCAL_PUBLISHABLE_KEY),
    secretKey: text('secret_key', LOCAL_SECRET_KEY),
  });
}

type ApiKeys = Pick<KeyRing, 'anonKey' | 'serviceRoleKey' | 'publishableKey' | 'secretKey'>;

class Keys implements KeyRing {
  readonly jwtSecret: string;
  readonly anonKey: string;
  readonly serviceRoleKey: string;
  readonly publishableKey: string;
  readonly secretKey: string;
  private readonly secret: Uint8Array;
  private readonly signingKeys: readonly SigningKey[];

  constructor(jwtSecret: string, signingKeys: readonly SigningKey[], apiKeys: ApiKeys) {
    this.jwtSecret = jwtSecret;
    this.secret = new TextEncoder().encode(jwtSecret);
    this.signingKeys = signingKeys;
    this.anonKey = apiKeys.anonKey;
    this.serviceRoleKey = apiKeys.serviceRoleKey;
    this.publishableKey = apiKeys.publishableKey;
    this.secretKey = apiKeys.secretKey;
  }

  sign(claims: JWTPayload): Promise<string> {
    const current = signerOf(this.signingKeys);
    if (current) return signWith(current, claims);
    return new SignJWT(claims).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(this.secret);
  }

  async verify(token: string): Promise<JWTPayload> {
    const { alg, kid } = decodeProtectedHeader(token);
    if (alg === 'HS256') {
      return (await jwtVerify(token, this.secret, { algorithms: ['HS256'] })).payload;
    }
    const key = this.signingKeys.find((known) => known.algorithm === alg && known.kid === kid);
    if (!key) throw new Error('the token is signed by no key of this project');
    return (await jwtVerify(token, key.verify, { algorithms: [key.algorithm] })).payload;
  }

  jwks(): { keys: Record<string, unknown>[] } {
    return { keys: this.signingKeys.map(({ publicJwk }) => ({ ...publicJwk })) };
  }
}

type Signer = SigningKey & { readonly sign: CryptoKey | Uint8Array };

function signerOf(keys: readonly SigningKey[]): Signer | undefined {
  return keys.find((key): key is Signer => key.sign !== undefined);
}

function signWith({ algorithm, kid, sign }: Signer, claims: JWTPayload): Promise<string> {
  return new SignJWT(claims).setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' }).sign(sign);
}

/** With the secret byte for byte what the Supabase CLI makes: the order of the claims matters. */
async function roleToken(role: string, secret: string, signer: Signer | undefined): Promise<string> {
  const claims = { iss: 'supabase-demo', role, exp: LOCAL_KEY_EXPIRY };
  if (signer !== undefined) return signWith(signer, claims);
  const encode = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
  const content = `${encode({ alg: 'HS256', typ: 'JWT' })}.${encode(claims)}`;
  return `${content}.${createHmac('sha256', secret).update(content).digest('base64url')}`;
}

async function loadSigningKeys(path: string): Promise<SigningKey[]> {
  const fault = (why: string): ConfigError =>
    new ConfigError(`supabase/config.toml: auth.signing_keys_path: ${path} ${why}`);
  const text = await readFile(path, 'utf8').catch(() => {
    throw fault('cannot be read');
  });
  let jwks: unknown;
  try {
    jwks = JSON.parse(text);
  } catch {
    throw fault('is not JSON');
  }
  if (!Array.isArray(jwks)) throw fault('must hold a list of private JWKs');
  return Promise.all(
    jwks.map(async (jwk: JWK, index) => {
      try {
        return await signingKey(jwk);
      } catch (error) {
        throw fault(
          `has a bad key at position ${index}: ${error instanceof Error ? error.message : String(error)}`,
        );
      }
    }),
  );
}

async function signingKey(jwk: JWK): Promise<SigningKey> {
  const algorithm = ALGORITHMS.find((name) => name === jwk.alg);
  if (!algorithm) throw new Error(`"alg" must be one of ${ALGORITHMS.join(', ')}`);
  if (jwk.d === undefined) throw new Error('it is not a private key');
  const { kty, crv, x, y, n, e, kid = '' } = jwk;
  const common = { kid, alg: algorithm, use: 'sig', key_ops: ['verify'], ext: true };
  const publicJwk: JWK = algorithm === 'ES256' ? { kty, crv, x, y, ...common } : { kty, n, e, ...common };
  const own: JWK = { ...jwk };
  delete own.key_ops;
  const signs = jwk.key_ops?.includes('sign') ?? true;
  return {
    algorithm,
    kid,
    publicJwk,
    sign: signs ? await importJWK(own, algorithm) : undefined,
    verify: await importJWK(publicJwk, algorithm),
  };
}
