import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import { ConfigError, loadConfig } from './load-config.js';

const VALID = {
  SUPABASE_URL: 'https://abc.supabase.co/',
  SUPABASE_KEY: 'sb_publishable_0123456789abcdef',
  SUPABASE_SECRET_KEY: 'sb_secret_0123456789abcdef',
  DATABASE_URL: 'postgresql://postgres:secret@db.abc.supabase.co:5432/postgres',
};

function faultsOf(variables: Record<string, string>): readonly string[] {
  try {
    loadConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.faults;
    throw error;
  }
  return [];
}

describe('loadConfig', () => {
  it('should group what is set and fill the rest with defaults', () => {
    const config = loadConfig({ ...VALID, PORT: '8080', TRUST_PROXY: '10.0.0.0/8, 127.0.0.1' });
    expect(config.http).toMatchObject({
      port: 8080,
      host: '127.0.0.1',
      trustProxy: ['10.0.0.0/8', '127.0.0.1'],
    });
    expect(config.supabase).toMatchObject({
      url: 'https://abc.supabase.co',
      jwtIssuer: 'https://abc.supabase.co/auth/v1',
      jwtSecret: undefined,
    });
    expect(config.database.directUrl).toBe(VALID.DATABASE_URL);
    expect(config.tokens.accessTokenSeconds).toBe(30 * 60);
  });

  it('should report every fault at once, with the name of the variable and what is expected', () => {
    const faults = faultsOf({
      ...VALID,
      SUPABASE_URL: 'abc',
      PORT: '70000',
      API_SECRET_KEY: 'short',
      LOG_LEVEL: 'loud',
    });
    expect(faults).toHaveLength(4);
    expect(faults).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^SUPABASE_URL: expected the URL/),
        expect.stringMatching(/^PORT: expected a whole number from 0 to 65535/),
        expect.stringMatching(/^API_SECRET_KEY: expected at least 32 characters/),
        expect.stringMatching(/^LOG_LEVEL: expected trace, /),
      ]),
    );
  });

  it.each([
    ['TRUST_PROXY', '10.0.0.0/8, 127.0.0.1, ::1, fd00::/8, loopback', '10.0.0.0/8, somebody'],
    ['TRUST_PROXY', '', '10.0.0.0/33'],
    [
      'CORS_ORIGINS',
      'https://app.example.com, http://localhost:5173, capacitor://localhost',
      'https://app.example.com/',
    ],
    ['CORS_ORIGINS', '*', 'app.example.com'],
  ])('should check each entry of %s', (name, right, wrong) => {
    expect(faultsOf({ ...VALID, [name]: right })).toEqual([]);
    expect(faultsOf({ ...VALID, [name]: wrong })).toEqual([expect.stringMatching(`^${name}: expected `)]);
  });

  it('should name each variable that is required and missing', () => {
    const names = faultsOf({}).map((fault) => fault.split(':')[0]);
    expect(names.sort()).toEqual(['DATABASE_URL', 'SUPABASE_KEY', 'SUPABASE_SECRET_KEY', 'SUPABASE_URL']);
  });

  it('should ask for REDIS_URL where sessions are kept there, and only there', () => {
    const redis = { ...VALID, CREDENTIALS_STORE: 'redis' };
    expect(faultsOf(redis)).toEqual([]);
    const key = { API_SECRET_KEY: 'x1y2z3'.repeat(8) };
    expect(faultsOf({ ...redis, ...key })).toEqual([expect.stringMatching(/^REDIS_URL: expected redis:/)]);
    expect(faultsOf({ ...redis, ...key, REDIS_URL: 'redis://127.0.0.1:6379' })).toEqual([]);
  });

  it('should notice keys that have changed places, also legacy ones', () => {
    const legacy = (role: string): string =>
      `e30.${Buffer.from(JSON.stringify({ iss: 'supabase', role })).toString('base64url')}.signature`;
    const pairs = [
      [VALID.SUPABASE_KEY, VALID.SUPABASE_SECRET_KEY],
      [legacy('anon'), legacy('service_role')],
    ] as const;
    for (const [key, secret] of pairs) {
      expect(faultsOf({ ...VALID, SUPABASE_KEY: key, SUPABASE_SECRET_KEY: secret })).toEqual([]);
      const faults = faultsOf({ ...VALID, SUPABASE_KEY: secret, SUPABASE_SECRET_KEY: key }).toSorted();
      expect(faults).toEqual([
        expect.stringMatching(/^SUPABASE_KEY: .* this is the secret one$/),
        expect.stringMatching(/^SUPABASE_SECRET_KEY: .* this is the publishable one$/),
      ]);
    }
  });

  it('should never repeat a value, as it may be a secret', () => {
    expect(faultsOf({ ...VALID, API_SECRET_KEY: 'hunter2' }).join()).not.toContain('hunter2');
  });

  it('should parse numbers strictly', () => {
    expect(faultsOf({ ...VALID, PORT: '80.5' })).toHaveLength(1);
    expect(faultsOf({ ...VALID, PORT: '0x50zz' })).toHaveLength(1);
  });

  it.each([
    [
      'the well-known JWT secret',
      { SUPABASE_JWT_SECRET: 'super-secret-jwt-token-with-at-least-32-characters-long' },
    ],
    ['the well-known secret key', { SUPABASE_SECRET_KEY: 'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz' }],
    ['a placeholder', { API_SECRET_KEY: 'your-secret-key-here-your-secret-key-here' }],
    ['one repeated character', { API_SECRET_KEY: 'a'.repeat(40) }],
    ['the local password', { DATABASE_URL: 'postgresql://postgres:postgres@db.example.com/postgres' }],
  ])('should refuse %s in production, and only there', (_, variables) => {
    expect(faultsOf({ ...VALID, ...variables, NODE_ENV: 'production' })).toHaveLength(1);
    expect(faultsOf({ ...VALID, ...variables })).toHaveLength(0);
  });

  it('should know exactly the variables that .env.example explains', () => {
    const explained = readFileSync('.env.example', 'utf8').match(/^[A-Z_]+(?==)/gm) ?? [];
    const wrong = Object.fromEntries(explained.map((name) => [name, '\u0000']));
    // Each known variable is at fault, except free texts and a list of patterns.
    const free = ['HOST', 'REDIRECT_URLS'];
    expect(
      faultsOf(wrong)
        .map((fault) => fault.split(':')[0])
        .sort(),
    ).toEqual(explained.filter((name) => !free.includes(name)).sort());
  });
});
