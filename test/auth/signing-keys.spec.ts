import { generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import jwt from 'jsonwebtoken';
import { startLocalSupabase, type LocalSupabase } from '../../packages/local-supabase/src/index.ts';
import { migrate } from '../../src/platform/database/migrator.js';
import { startApi, type Api } from '../harness/api.js';
import { Caller, PASSWORD, signUp } from '../harness/caller.js';
import { freshDatabase } from '../harness/fresh-database.js';
import { MIGRATIONS } from '../harness/postgres.js';

const KID = 'the-project-key';

/** A Supabase that signs with a key of its own, as hosted projects do since they have signing keys. */
describe.each(['ES256', 'RS256'] as const)('a Supabase that signs with %s', (algorithm) => {
  let workdir: string;
  let supabase: LocalSupabase;
  let drop: (() => Promise<void>) | undefined;
  let api: Api;
  beforeAll(async () => {
    workdir = await mkdtemp(join(tmpdir(), 'supanest-signing-'));
    await mkdir(join(workdir, 'supabase'));
    await writeFile(join(workdir, 'supabase', 'keys.json'), JSON.stringify([signingKey(algorithm)]));
    const server = process.env.TEST_POSTGRES_URL;
    const database = server === undefined ? undefined : await freshDatabase(server);
    drop = database?.drop;
    supabase = await startLocalSupabase({
      workdir,
      memory: true,
      quiet: true,
      ports: { api: 0, db: 0, inbox: 0 },
      config: { auth: { signing_keys_path: './keys.json' } },
      ...(database && { postgresUrl: database.url }),
    });
    await migrate({ url: supabase.postgresUrl, directory: MIGRATIONS });
    api = await startApi({
      SUPABASE_URL: supabase.url,
      SUPABASE_KEY: supabase.publishableKey,
      SUPABASE_SECRET_KEY: supabase.secretKey,
      SUPABASE_JWT_SECRET: supabase.jwtSecret,
      DATABASE_URL: supabase.postgresUrl,
    });
  });
  afterAll(async () => {
    await api.close();
    await supabase.close();
    await drop?.();
    await rm(workdir, { recursive: true });
  });

  it('is believed by its published key, until the session is signed out', async () => {
    const ada = await signUp(api.url);
    expect(jwt.decode(ada.token ?? '', { complete: true })?.header).toMatchObject({
      alg: algorithm,
      kid: KID,
    });
    expect((await ada.get('/api/credits')).status).toBe(200);
    const login = await new Caller(api.url).post('/api/v1/auth/login', {
      email: ada.user?.email,
      password: PASSWORD,
    });
    expect(login.status).toBe(200);
    await ada.post('/api/auth/logout');
    expect((await ada.get('/api/credits')).status).toBe(401);
  });

  it('is not impersonated by another key that says it is that one', async () => {
    const ada = await signUp(api.url);
    const claims = jwt.decode(ada.token ?? '') as jwt.JwtPayload;
    const forged = jwt.sign(claims, newKey(algorithm), { algorithm, keyid: KID });
    const mallory = new Caller(api.url, forged);
    expect(await mallory.get('/api/credits')).toMatchObject({
      status: 401,
      body: { code: 'AUTHENTICATION_ERROR' },
    });
  });
});

function newKey(algorithm: 'ES256' | 'RS256'): KeyObject {
  return algorithm === 'ES256'
    ? generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey
    : generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
}

function signingKey(algorithm: 'ES256' | 'RS256'): object {
  const jwk = newKey(algorithm).export({ format: 'jwk' });
  return { ...jwk, kid: KID, alg: algorithm, use: 'sig', key_ops: ['sign'] };
}
