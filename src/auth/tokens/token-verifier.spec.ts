import { createHmac, generateKeyPairSync, randomUUID, type KeyObject } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { Logger } from '@nestjs/common';
import jwt, { type Algorithm } from 'jsonwebtoken';
import { SupabaseConfig, TokenConfig } from '../../platform/config/config.js';
import { TokenVerifier } from './token-verifier.service.js';

// What is refused for its issuer is told in the log.
Logger.overrideLogger(false);

const JWT_SECRET = 'a-legacy-secret-of-forty-characters-long';
const API_SECRET = 'the-secret-of-the-api-itself-forty-chars';
const ISSUER = 'https://abc.supabase.co/auth/v1';

const elliptic = generateKeyPairSync('ec', { namedCurve: 'P-256' });
const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 });
const stranger = generateKeyPairSync('ec', { namedCurve: 'P-256' });

const now = (): number => Math.floor(Date.now() / 1_000);
const base64url = (value: object): string => Buffer.from(JSON.stringify(value)).toString('base64url');
const pem = (key: KeyObject): string => key.export({ type: 'spki', format: 'pem' }).toString();

function claims(changes: Record<string, unknown> = {}): Record<string, unknown> {
  const all: Record<string, unknown> = {
    iss: ISSUER,
    aud: 'authenticated',
    sub: randomUUID(),
    exp: now() + 600,
    iat: now(),
    email: 'ada@example.com',
    role: 'authenticated',
    session_id: randomUUID(),
    ...changes,
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const apiClaims = (changes: Record<string, unknown> = {}): Record<string, unknown> => ({
  sub: randomUUID(),
  email: 'ada@example.com',
  sid: randomUUID(),
  iat: now(),
  exp: now() + 600,
  ...changes,
});

const sign = (payload: object, key: string | KeyObject, algorithm: Algorithm, kid?: string): string =>
  jwt.sign(payload, key, { algorithm, ...(kid === undefined ? {} : { keyid: kid }) });

/** Signs what the library would refuse to. */
function signByHand(header: object, payload: object, key: string): string {
  const text = `${base64url(header)}.${base64url(payload)}`;
  return `${text}.${createHmac('sha256', key).update(text).digest('base64url')}`;
}

describe('TokenVerifier', () => {
  let server: Server;
  let url: string;
  let keySetRequests = 0;
  let keySetStatus = 200;

  beforeAll(async () => {
    const keys = [
      { ...elliptic.publicKey.export({ format: 'jwk' }), kid: 'ec', alg: 'ES256', use: 'sig' },
      { ...rsa.publicKey.export({ format: 'jwk' }), kid: 'rsa', alg: 'RS256', use: 'sig' },
    ];
    server = createServer((request, response) => {
      keySetRequests += 1;
      response.writeHead(keySetStatus, { 'content-type': 'application/json' });
      response.end(JSON.stringify(request.url === '/auth/v1/.well-known/jwks.json' ? { keys } : {}));
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  beforeEach(() => {
    keySetRequests = 0;
    keySetStatus = 200;
  });
  afterAll(() => {
    server.closeAllConnections();
    server.close();
  });

  const verifierOf = (supabaseUrl = url, jwtSecret = JWT_SECRET): TokenVerifier =>
    new TokenVerifier(
      new SupabaseConfig(supabaseUrl, 'key', 'secret key', jwtSecret, ISSUER, 2_000, 2_000),
      new TokenConfig(API_SECRET, 1_800, 'memory', []),
    );

  describe('takes', () => {
    const good: [string, () => string, 'supabase' | 'api'][] = [
      ["Supabase's, by the legacy secret", () => sign(claims(), JWT_SECRET, 'HS256'), 'supabase'],
      [
        "Supabase's, by an elliptic key",
        () => sign(claims(), elliptic.privateKey, 'ES256', 'ec'),
        'supabase',
      ],
      ["Supabase's, by an RSA key", () => sign(claims(), rsa.privateKey, 'RS256', 'rsa'), 'supabase'],
      ["the API's own", () => sign(apiClaims(), API_SECRET, 'HS256'), 'api'],
      [
        'one for several audiences',
        () => sign(claims({ aud: ['authenticated', 'x'] }), JWT_SECRET, 'HS256'),
        'supabase',
      ],
    ];
    it.each(good)('%s', async (_name, make, issuer) => {
      const token = make();
      const decoded = jwt.decode(token, { json: true });
      await expect(verifierOf().verify(token)).resolves.toMatchObject({
        token,
        issuer,
        userId: decoded?.sub,
        email: 'ada@example.com',
        sessionId: (decoded?.session_id ?? decoded?.sid) as string,
      });
    });

    it("an anonymous user's, who has no e-mail", async () => {
      const token = sign(claims({ email: '', is_anonymous: true }), JWT_SECRET, 'HS256');
      await expect(verifierOf().verify(token)).resolves.toMatchObject({ email: null });
    });

    it('one that was minted without a session', async () => {
      const token = sign(claims({ session_id: undefined }), JWT_SECRET, 'HS256');
      await expect(verifierOf().verify(token)).resolves.toMatchObject({ sessionId: null });
    });
  });

  describe('refuses', () => {
    const bad: [string, () => string][] = [
      ['no algorithm', () => `${base64url({ alg: 'none', typ: 'JWT' })}.${base64url(claims())}.`],
      ['no algorithm, with a signature', () => signByHand({ alg: 'none' }, claims(), JWT_SECRET)],
      ['no algorithm, in capitals', () => signByHand({ alg: 'NONE' }, claims(), JWT_SECRET)],
      ['another secret', () => sign(claims(), 'another-secret-of-forty-characters-long!', 'HS256')],
      ['another algorithm by the secret', () => sign(claims(), JWT_SECRET, 'HS512')],
      ['another key under a known id', () => sign(claims(), stranger.privateKey, 'ES256', 'ec')],
      ['an unknown key', () => sign(claims(), stranger.privateKey, 'ES256', 'made-up')],
      ['a key without an id', () => sign(claims(), elliptic.privateKey, 'ES256')],
      ['an id of the other kind of key', () => sign(claims(), rsa.privateKey, 'RS256', 'ec')],
      ['another algorithm by a known key', () => sign(claims(), rsa.privateKey, 'RS512', 'rsa')],
      [
        'the public RSA key as an HMAC secret',
        () => signByHand({ alg: 'HS256', kid: 'rsa' }, claims(), pem(rsa.publicKey)),
      ],
      [
        'the public elliptic key as an HMAC secret',
        () => signByHand({ alg: 'HS256', kid: 'ec' }, claims(), pem(elliptic.publicKey)),
      ],
      ['an HMAC under an RSA header', () => signByHand({ alg: 'RS256', kid: 'rsa' }, claims(), JWT_SECRET)],
      [
        'a key of its own in the header',
        () => signByHand({ alg: 'HS256', jwk: { kty: 'oct', k: base64url({}) } }, claims(), 'x'),
      ],
      ['another audience', () => sign(claims({ aud: 'anon' }), JWT_SECRET, 'HS256')],
      ['no audience', () => sign(claims({ aud: undefined }), JWT_SECRET, 'HS256')],
      ['another issuer', () => sign(claims({ iss: 'https://evil.example/auth/v1' }), JWT_SECRET, 'HS256')],
      ['no issuer', () => sign(claims({ iss: undefined }), JWT_SECRET, 'HS256')],
      ['an expired one', () => sign(claims({ exp: now() - 1 }), JWT_SECRET, 'HS256')],
      ['one without an end', () => sign(claims({ exp: undefined }), JWT_SECRET, 'HS256')],
      [
        'an end that is no number',
        () => signByHand({ alg: 'HS256' }, claims({ exp: '9999999999' }), JWT_SECRET),
      ],
      ['one that is not valid yet', () => sign(claims({ nbf: now() + 600 }), JWT_SECRET, 'HS256')],
      ['no subject', () => sign(claims({ sub: undefined }), JWT_SECRET, 'HS256')],
      ['a subject that is no id', () => sign(claims({ sub: 'ada' }), JWT_SECRET, 'HS256')],
      ['a session that is no id', () => sign(claims({ session_id: "'; drop" }), JWT_SECRET, 'HS256')],
      [
        'the anon key',
        () => sign({ iss: 'supabase', ref: 'abc', role: 'anon', exp: now() + 600 }, JWT_SECRET, 'HS256'),
      ],
      [
        'the service key, dressed up as a user',
        () => sign(claims({ role: 'service_role' }), JWT_SECRET, 'HS256'),
      ],
      ["the API's, by Supabase's secret", () => sign(apiClaims(), JWT_SECRET, 'HS256')],
      ["Supabase's, by the API's secret", () => sign(claims(), API_SECRET, 'HS256')],
      ["the API's, expired", () => sign(apiClaims({ exp: now() - 1 }), API_SECRET, 'HS256')],
      ["the API's, without a session", () => sign(apiClaims({ sid: undefined }), API_SECRET, 'HS256')],
      [
        "the API's, without an end",
        () => signByHand({ alg: 'HS256' }, { sub: randomUUID(), sid: randomUUID() }, API_SECRET),
      ],
      [
        'a changed payload',
        () => {
          const [header, , signature] = sign(claims(), JWT_SECRET, 'HS256').split('.');
          return `${String(header)}.${base64url(claims())}.${String(signature)}`;
        },
      ],
      [
        'a payload that is no object',
        () => {
          const text = `${base64url({ alg: 'HS256' })}.${Buffer.from('"x"').toString('base64url')}`;
          return `${text}.${createHmac('sha256', JWT_SECRET).update(text).digest('base64url')}`;
        },
      ],
      ['three dots of nothing', () => '..'],
      ['a header that is no JSON', () => 'abc.def.ghi'],
      ['a header that is null', () => `${Buffer.from('null').toString('base64url')}.e30.x`],
    ];
    it.each(bad)('%s', async (_name, make) => {
      await expect(verifierOf().verify(make())).resolves.toBeNull();
    });

    it('no token of the API where no API_SECRET_KEY is set', async () => {
      const verifier = new TokenVerifier(
        new SupabaseConfig(url, 'key', 'secret key', JWT_SECRET, ISSUER, 2_000, 2_000),
        new TokenConfig(undefined, 1_800, 'memory', []),
      );
      await expect(verifier.verify(sign(apiClaims(), API_SECRET, 'HS256'))).resolves.toBeNull();
    });

    it('the legacy secret where none is set', async () => {
      const verifier = new TokenVerifier(
        new SupabaseConfig(url, 'key', 'secret key', undefined, ISSUER, 2_000, 2_000),
        new TokenConfig(undefined, 1_800, 'memory', []),
      );
      await expect(verifier.verify(sign(claims(), JWT_SECRET, 'HS256'))).resolves.toBeNull();
      await expect(verifier.verify(signByHand({ alg: 'HS256' }, claims(), ''))).resolves.toBeNull();
      await expect(verifier.verify(signByHand({ alg: 'HS256' }, claims(), 'undefined'))).resolves.toBeNull();
    });
  });

  it('should say once in the log why nobody gets in, if it is the issuer', async () => {
    const told: string[] = [];
    const listen = { log: () => undefined, warn: () => undefined, error: (text: string) => told.push(text) };
    Logger.overrideLogger(listen);
    try {
      const verifier = verifierOf();
      const others = claims({ iss: 'https://api.example.com/auth/v1' });
      await verifier.verify(sign(others, 'another-secret-of-forty-characters-long!', 'HS256'));
      expect(told).toEqual([]);
      await verifier.verify(sign(others, JWT_SECRET, 'HS256'));
      await verifier.verify(sign(others, elliptic.privateKey, 'ES256', 'ec'));
      expect(told).toEqual([expect.stringContaining('"https://api.example.com/auth/v1"')]);
      expect(told[0]).toContain('SUPABASE_JWT_ISSUER');
    } finally {
      Logger.overrideLogger(false);
    }
  });

  it('should keep two applications in one process apart', async () => {
    const [one, other] = [verifierOf(), verifierOf(url, 'another-secret-of-forty-characters-long!')];
    const token = sign(claims(), JWT_SECRET, 'HS256');
    await expect(one.verify(token)).resolves.not.toBeNull();
    await expect(other.verify(token)).resolves.toBeNull();
  });

  it('should not mix up tokens that are verified at the same time', async () => {
    const verifier = verifierOf();
    const tokens = Array.from({ length: 40 }, (_, index) =>
      index % 2 === 0
        ? sign(claims(), elliptic.privateKey, 'ES256', 'ec')
        : sign(claims(), stranger.privateKey, 'ES256', 'ec'),
    );
    const identities = await Promise.all(tokens.map((token) => verifier.verify(token)));
    expect(identities.map((identity) => identity?.token ?? null)).toEqual(
      tokens.map((token, index) => (index % 2 === 0 ? token : null)),
    );
  });

  it('should ask for the keys once, however many made-up key ids come', async () => {
    const verifier = verifierOf();
    await verifier.verify(sign(claims(), elliptic.privateKey, 'ES256', 'ec'));
    for (let index = 0; index < 50; index += 1) {
      await verifier.verify(sign(claims(), stranger.privateKey, 'ES256', `made-up-${index}`));
    }
    expect(keySetRequests).toBe(1);
    await expect(verifier.verify(sign(claims(), rsa.privateKey, 'RS256', 'rsa'))).resolves.not.toBeNull();
  });

  it('should say "unavailable", not "bad token", while the keys cannot be fetched', async () => {
    keySetStatus = 503;
    const verifier = verifierOf();
    const token = sign(claims(), elliptic.privateKey, 'ES256', 'ec');
    await expect(verifier.verify(token)).rejects.toMatchObject({ kind: 'unavailable' });
    await expect(verifier.verify(sign(claims(), JWT_SECRET, 'HS256'))).resolves.not.toBeNull();
  });
});
