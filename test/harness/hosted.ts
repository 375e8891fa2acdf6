import { execFileSync } from 'node:child_process';
import pg from 'pg';

/** A Supabase that somebody else runs, named by the environment: what the suites run on instead of a local one. */
export interface HostedSupabase {
  url: string;
  publishableKey: string;
  secretKey: string;
  postgresUrl: string;
  /** Only of a project that signs its tokens with it; otherwise empty, and the published keys count. */
  jwtSecret: string;
}

/** @throws Error when only some of what is needed is there */
export function hostedSupabase(environment = process.env): HostedSupabase | undefined {
  const url = environment.TEST_SUPABASE_URL;
  if (url === undefined || url === '') return undefined;
  const of = (name: string): string => {
    const value = environment[name];
    if (value === undefined || value === '') throw new Error(`TEST_SUPABASE_URL is set, and ${name} is not`);
    return value;
  };
  return {
    url: url.replace(/\/+$/, ''),
    publishableKey: of('TEST_SUPABASE_KEY'),
    secretKey: of('TEST_SUPABASE_SECRET_KEY'),
    postgresUrl: of('TEST_DATABASE_URL'),
    jwtSecret: environment.TEST_SUPABASE_JWT_SECRET ?? '',
  };
}

/** Applies the migrations, and shows the way where the project lacks what the suites try things with. */
export async function prepareHosted({ url, publishableKey, postgresUrl }: HostedSupabase): Promise<void> {
  execFileSync(process.execPath, ['dist/platform/database/migrate.cli.js'], {
    stdio: 'inherit',
    env: { PATH: process.env.PATH, DATABASE_URL: postgresUrl },
  });
  const client = new pg.Client({ connectionString: postgresUrl });
  await client.connect();
  const { rows } = await client.query<{ notes: string | null }>(
    "select to_regclass('public.notes') as notes",
  );
  await client.end();
  if (!rows[0]?.notes) throw new Error('The project has no table notes: run supabase/seed.sql there once');
  const hello = await fetch(`${url}/functions/v1/hello`, { headers: { apikey: publishableKey } });
  if (hello.status === 404)
    throw new Error('The project has no function hello: supabase functions deploy hello');
}
