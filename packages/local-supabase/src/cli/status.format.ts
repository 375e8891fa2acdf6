import type { Facts } from '../running.file.ts';

type Fact = readonly [dotted: string, variable: string, label: string, value: string];

/** Names as `supabase status` has them, so that scripts need not know which of the two they ask. */
function factsOf(running: Facts): Fact[] {
  return [
    ['api.url', 'API_URL', 'API URL', running.url],
    ['api.rest_url', 'REST_URL', 'REST URL', `${running.url}/rest/v1`],
    ...functionsFact(running),
    ...s3Url(running),
    ['db.url', 'DB_URL', 'Database URL', running.postgresUrl],
    ['inbucket.url', 'INBUCKET_URL', '', running.inboxUrl],
    ['mailpit.url', 'MAILPIT_URL', 'Inbox URL', running.inboxUrl],
    ['auth.publishable_key', 'PUBLISHABLE_KEY', 'Publishable key', running.publishableKey],
    ['auth.secret_key', 'SECRET_KEY', 'Secret key', running.secretKey],
    ['auth.jwt_secret', 'JWT_SECRET', 'JWT secret', running.jwtSecret],
    ['auth.anon_key', 'ANON_KEY', 'anon key', running.anonKey],
    ['auth.service_role_key', 'SERVICE_ROLE_KEY', 'service_role key', running.serviceRoleKey],
    ...s3Keys(running),
  ];
}

/** None where functions are switched off, as under the Supabase CLI. */
function functionsFact({ functionsUrl }: Facts): Fact[] {
  return functionsUrl === undefined
    ? []
    : [['api.functions_url', 'FUNCTIONS_URL', 'Functions URL', functionsUrl]];
}

/** None of the four where the S3 protocol is switched off, as under the Supabase CLI. */
function s3Url({ s3 }: Facts): Fact[] {
  return s3 === undefined ? [] : [['api.storage_s3_url', 'STORAGE_S3_URL', 'S3 Storage URL', s3.url]];
}

function s3Keys({ s3 }: Facts): Fact[] {
  if (s3 === undefined) return [];
  return [
    ['storage.s3_access_key_id', 'S3_PROTOCOL_ACCESS_KEY_ID', 'S3 Access Key', s3.accessKeyId],
    ['storage.s3_secret_access_key', 'S3_PROTOCOL_ACCESS_KEY_SECRET', 'S3 Secret Key', s3.secretAccessKey],
    ['storage.s3_region', 'S3_PROTOCOL_REGION', 'S3 Region', s3.region],
  ];
}

export function formatStatus(
  running: Facts,
  output: 'pretty' | 'env' | 'json',
  names: ReadonlyMap<string, string> = new Map(),
): string {
  const facts = factsOf(running);
  const name = ([dotted, variable]: Fact): string => names.get(dotted) ?? variable;
  switch (output) {
    case 'env':
      return facts.map((fact) => `${name(fact)}=${JSON.stringify(fact[3])}\n`).join('');
    case 'json':
      return `${JSON.stringify(Object.fromEntries(facts.map((fact) => [name(fact), fact[3]])), null, 2)}\n`;
    case 'pretty':
      return facts
        .filter(([, , label]) => label !== '')
        .map(([, , label, value]) => `${label.padStart(16)}: ${value}\n`)
        .join('');
  }
}
