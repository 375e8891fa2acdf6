import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/**
 * What the suites need to know of the Supabase of this run. Of one that somebody else runs there are only the URLs and keys
 * that a project has: see `local-parts.ts`.
 */
export interface SupabaseUnderTest {
  url: string;
  postgresUrl: string;
  inboxUrl: string;
  publishableKey: string;
  secretKey: string;
  anonKey: string;
  serviceRoleKey: string;
  jwtSecret: string;
  /** Where the bytes of stored objects are. */
  filesFolder: string;
  /** Where the provider `acme` is looked for; nobody listens there until a suite does. */
  oidcPort: number;
}

/** Where the global setup leaves it; named by the process that runs jest, which is the parent of every worker. */
export function handoverFile(pid: number): string {
  return join(tmpdir(), `supanest-test-${String(pid)}.json`);
}

/** The Supabase of this run. */
export function supabaseUnderTest(): SupabaseUnderTest {
  const file = process.env.SUPANEST_TEST_HANDOVER;
  if (file === undefined) throw new Error('The global setup has not run');
  return JSON.parse(readFileSync(file, 'utf8')) as SupabaseUnderTest;
}

/** The environment of an API that is connected to it. */
export function apiEnvironment(overrides: Record<string, string> = {}): Record<string, string> {
  const supabase = supabaseUnderTest();
  return {
    NODE_ENV: 'test',
    PORT: '0',
    LOG_LEVEL: 'error',
    SUPABASE_URL: supabase.url,
    SUPABASE_KEY: supabase.publishableKey,
    SUPABASE_SECRET_KEY: supabase.secretKey,
    ...(supabase.jwtSecret === '' ? {} : { SUPABASE_JWT_SECRET: supabase.jwtSecret }),
    DATABASE_URL: supabase.postgresUrl,
    // Each caller of a test has an address of its own, sent as X-Forwarded-For.
    TRUST_PROXY: '127.0.0.1',
    ...overrides,
  };
}
