import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, randomInt } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { startLocalSupabase, type LocalSupabase } from '../../packages/local-supabase/src/index.ts';
import { handoverFile } from './environment.ts';
import { freshDatabase } from './fresh-database.ts';
import { hostedSupabase, prepareHosted } from './hosted.ts';

declare global {
  var supabaseOfThisRun: LocalSupabase | undefined;
  var dropDatabaseOfThisRun: (() => Promise<void>) | undefined;
}

/**
 * One local Supabase for the whole run: PGlite in memory, or a fresh database on the server that TEST_POSTGRES_URL
 * names; or the Supabase of TEST_SUPABASE_URL, and none is started. Suites do not clean up after themselves; each makes
 * its own users.
 */
export default async function setup(): Promise<void> {
  // The suites that kill processes run the build, as users do.
  execFileSync('npm', ['run', 'build:api', '--silent'], { stdio: 'inherit' });
  const hosted = hostedSupabase();
  if (hosted) {
    await prepareHosted(hosted);
    handOver(hosted);
    return;
  }
  const server = process.env.TEST_POSTGRES_URL;
  const database = server === undefined ? undefined : await freshDatabase(server);
  // Below the ports that systems hand out by themselves, so that nobody else takes it meanwhile.
  const oidcPort = randomInt(20_000, 32_000);
  const supabase = await startLocalSupabase({
    workdir: process.cwd(),
    ports: { api: 0, db: 0, inbox: 0 },
    quiet: true,
    memory: true,
    // What a password costs is most of the time of a sign-up, and every test signs up.
    config: { auth: { password_hash_cost: 4, external: { acme: acmeAt(oidcPort) }, saml: saml() } },
    ...(database && { postgresUrl: database.url }),
  });
  globalThis.supabaseOfThisRun = supabase;
  globalThis.dropDatabaseOfThisRun = database?.drop;
  handOver({ ...supabase, oidcPort });
}

function handOver(supabase: object): void {
  const file = handoverFile(process.pid);
  writeFileSync(file, JSON.stringify(supabase), { mode: 0o600 });
  process.env.SUPANEST_TEST_HANDOVER = file;
}

/** An OpenID Connect provider that a suite may start. */
function acmeAt(port: number) {
  const url = `http://127.0.0.1:${String(port)}`;
  return { enabled: true, client_id: 'app', secret: 'a secret of the application', url };
}

/** Single sign-on: suites bring identity providers of their own. */
function saml() {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = privateKey.export({ type: 'pkcs1', format: 'der' });
  return { enabled: true, private_key: key.toString('base64') };
}
