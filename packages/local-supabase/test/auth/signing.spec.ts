import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it, jest } from '@jest/globals';
import { createClient } from '@supabase/supabase-js';
import {
  createRemoteJWKSet,
  decodeProtectedHeader,
  exportJWK,
  generateKeyPair,
  jwtVerify,
  SignJWT,
} from 'jose';
import { startLocalSupabase, type LocalSupabase } from '../harness/worker.ts';

jest.setTimeout(60_000);

let supabase: LocalSupabase;
let workdir: string;

const status = async (url: string, key: string): Promise<number> =>
  (await fetch(url, { headers: { apikey: key, authorization: `Bearer ${key}` } })).status;

afterEach(async () => {
  await supabase.close();
  await rm(workdir, { recursive: true });
});

describe.each(['ES256', 'RS256'])('tokens signed with %s', (algorithm) => {
  it('are verified by the published keys, and by the service itself', async () => {
    workdir = await mkdtemp(join(tmpdir(), 'local-supabase-signing-'));
    // Clients remember keys by their id for the whole process.
    const kid = `key-${algorithm}`;
    const { privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const jwk = { ...(await exportJWK(privateKey)), kid, alg: algorithm, use: 'sig', key_ops: ['sign'] };
    const older = await generateKeyPair(algorithm, { extractable: true });
    const olderJwk = {
      ...(await exportJWK(older.privateKey)),
      kid: `old-${algorithm}`,
      alg: algorithm,
      key_ops: ['verify'],
    };
    await mkdir(join(workdir, 'supabase'));
    await writeFile(join(workdir, 'supabase', 'keys.json'), JSON.stringify([olderJwk, jwk]));
    supabase = await startLocalSupabase({
      workdir,
      memory: true,
      quiet: true,
      ports: { api: 0, db: 0, inbox: 0 },
      config: { auth: { signing_keys_path: './keys.json' } },
    });
    const client = createClient(supabase.url, supabase.publishableKey, { auth: { persistSession: false } });
    const { data } = await client.auth.signUp({ email: 'a@example.com', password: 'correct horse' });
    const token = data.session?.access_token ?? '';
    expect(decodeProtectedHeader(token)).toMatchObject({ alg: algorithm, kid });
    const keys = createRemoteJWKSet(new URL(supabase.jwksUrl));
    const { payload } = await jwtVerify(token, keys, {
      issuer: `${supabase.url}/auth/v1`,
      audience: 'authenticated',
    });
    expect(payload.sub).toBe(data.user?.id);
    const published = (await (await fetch(supabase.jwksUrl)).json()) as { keys: object[] };
    expect(published.keys).toHaveLength(2);
    expect(published.keys[0]).not.toHaveProperty('d');
    expect((await client.auth.getClaims()).data?.claims.sub).toBe(data.user?.id);
    expect((await client.auth.getUser()).data.user?.id).toBe(data.user?.id);

    // The keys of the roles are signed in the same way, and so are tokens that somebody made with an older key.
    const claims = { role: 'service_role', iss: 'somebody', exp: Math.floor(Date.now() / 1000) + 60 };
    const own = await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, kid: olderJwk.kid })
      .sign(older.privateKey);
    expect(decodeProtectedHeader(supabase.anonKey)).toMatchObject({ alg: algorithm, kid });
    for (const key of [supabase.serviceRoleKey, own, supabase.secretKey]) {
      const admin = createClient(supabase.url, key, { auth: { persistSession: false } });
      expect((await admin.auth.admin.listUsers()).data.users).toHaveLength(1);
      expect(await status(`${supabase.url}/rest/v1/nothing`, key)).toBe(404);
    }
    const forged = await new SignJWT(claims)
      .setProtectedHeader({ alg: algorithm, kid })
      .sign(older.privateKey);
    expect(await status(`${supabase.url}/rest/v1/nothing`, forged)).toBe(401);
    expect(await status(`${supabase.url}/auth/v1/admin/users`, supabase.anonKey)).toBe(403);
  });
});
