import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { exportJWK, generateKeyPair, decodeProtectedHeader, createLocalJWKSet, jwtVerify } from 'jose';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig, section } from '../src/config/config.ts';
import { loadKeyRing } from '../src/keys/key.ring.ts';

describe('config.toml', () => {
  let workdir: string;
  beforeEach(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-config-'));
    await mkdir(join(workdir, 'supabase'));
  });
  afterEach(() => rm(workdir, { recursive: true }));

  const write = (toml: string): Promise<void> => writeFile(join(workdir, 'supabase', 'config.toml'), toml);

  it('should be laid over the defaults of the Supabase CLI', async () => {
    await write('[auth]\njwt_expiry = 60\n[auth.email]\notp_length = 8');
    const config = await loadConfig(workdir, {});
    expect(section(config, 'auth')).toMatchObject({ jwt_expiry: 60, minimum_password_length: 6 });
    expect(section(config, 'auth', 'email')).toMatchObject({ otp_length: 8, otp_expiry: 3600 });
    expect(section(config, 'api').port).toBe(54321);
  });

  it('should need no file', async () => {
    expect(section(await loadConfig(workdir, {}), 'db').port).toBe(54322);
  });

  it('should resolve env(NAME), and leave what is not set', async () => {
    await write('[auth.external.github]\nsecret = "env(GITHUB_SECRET)"\nclient_id = "env(NOT_SET)"');
    const config = await loadConfig(workdir, { GITHUB_SECRET: 'hush' });
    expect(section(config, 'auth', 'external', 'github')).toEqual({
      secret: 'hush',
      client_id: 'env(NOT_SET)',
    });
  });

  it('should take the old name of the inbox section', async () => {
    await write('[inbucket]\nport = 6000');
    expect(section(await loadConfig(workdir, {}), 'local_smtp').port).toBe(6000);
  });

  it.each([
    ['[auth]\njwt_expiry = "soon"', 'auth.jwt_expiry must be a number, not "soon"'],
    ['[auth.email]\nenable_confirmations = "yes"', 'auth.email.enable_confirmations must be true or false'],
    ['[api]\nport = 99999', 'api.port must be a port number'],
    ['[api]\nschemas = "public"', 'api.schemas must be a list'],
    ['auth = 1', 'auth must be a table'],
    ['[api\nport = 1', 'config.toml is not valid TOML'],
  ])('should report the key that is wrong in %j', async (toml, message) => {
    await write(toml);
    await expect(loadConfig(workdir, {})).rejects.toThrow(message);
  });

  describe('keys', () => {
    it('should be the well-known local ones', async () => {
      const keys = await loadKeyRing(await loadConfig(workdir, {}), workdir);
      expect(keys.anonKey).toBe(
        'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6ImFub24iLCJleHAiOjE5ODM4MTI5OTZ9.CRXP1A7WOeoJeXxjNni43kdQwgnWNReilDMblYTn_I0',
      );
      expect(keys.serviceRoleKey).toBe(
        'eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJpc3MiOiJzdXBhYmFzZS1kZW1vIiwicm9sZSI6InNlcnZpY2Vfcm9sZSIsImV4cCI6MTk4MzgxMjk5Nn0.EGIM96RAZx35lJzdJsyH-qQwv8Hdp7fsn3W0YpN81IU',
      );
      expect(await keys.verify(keys.serviceRoleKey)).toMatchObject({ role: 'service_role' });
      expect(keys.jwks()).toEqual({ keys: [] });
    });

    it.each(['ES256', 'RS256'] as const)(
      'should sign by an %s key from auth.signing_keys_path',
      async (alg) => {
        const { privateKey } = await generateKeyPair(alg, { extractable: true });
        const jwk = {
          ...(await exportJWK(privateKey)),
          kid: 'first',
          alg,
          use: 'sig',
          key_ops: ['sign', 'verify'],
        };
        await writeFile(join(workdir, 'supabase', 'signing_keys.json'), JSON.stringify([jwk]));
        await write('[auth]\nsigning_keys_path = "./signing_keys.json"');
        const keys = await loadKeyRing(await loadConfig(workdir, {}), workdir);
        const token = await keys.sign({ sub: 'me' });
        expect(decodeProtectedHeader(token)).toMatchObject({ alg, kid: 'first' });
        expect(await keys.verify(token)).toMatchObject({ sub: 'me' });
        const published = keys.jwks();
        expect(JSON.stringify(published)).not.toContain('"d"');
        const verified = await jwtVerify(token, createLocalJWKSet(published));
        expect(verified.payload.sub).toBe('me');
        expect(await keys.verify(keys.anonKey)).toMatchObject({ role: 'anon' });
        await expect(keys.verify(`${token.slice(0, -4)}AAAA`)).rejects.toThrow();
      },
    );

    it.each([
      ['not there', undefined, 'cannot be read'],
      ['no JSON', '{', 'is not JSON'],
      ['a public key', '[{"kty":"EC","alg":"ES256"}]', 'bad key at position 0'],
    ])('should report signing keys that are %s', async (_what, content, message) => {
      if (content !== undefined) await writeFile(join(workdir, 'supabase', 'k.json'), content);
      await write('[auth]\nsigning_keys_path = "./k.json"');
      await expect(loadKeyRing(await loadConfig(workdir, {}), workdir)).rejects.toThrow(message);
    });
  });
});
