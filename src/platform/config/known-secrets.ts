import type { Environment } from './environment.js';

/** Fragments of the keys that every local Supabase has, and of the placeholders people copy from samples. */
const WELL_KNOWN = [
  'super-secret-jwt-token-with-at-least-32-characters-long',
  'sb_publishable_ACJWlzQHlZjBrEguHvfOxg_3BJgxAaH',
  'sb_secret_N7UND0UgjKTVK-Uodkm0Hg_xSvEMPvz',
  // `{"iss":"supabase-demo"` in base64url: the payload of the legacy local keys.
  'eyJpc3MiOiJzdXBhYmFzZS1kZW1v',
];
const PLACEHOLDER = /your[-_ ]|change[-_ ]?me|placeholder|example[-_ ]?(?:key|secret)|^(.)\1+$/i;

const SECRETS = [
  'SUPABASE_KEY',
  'SUPABASE_SECRET_KEY',
  'SUPABASE_JWT_SECRET',
  'API_SECRET_KEY',
] as const satisfies (keyof Environment)[];

/** One fault for each secret that is known to everybody, and so is none. */
export function knownSecretsIn(environment: Environment): string[] {
  const faults = SECRETS.filter((name) => isKnown(environment[name])).map(
    (name) =>
      `${name}: expected a secret of your own; this one is public knowledge and refused in production`,
  );
  if (/^postgres(ql)?:\/\/postgres:postgres@/.test(environment.DATABASE_URL)) {
    faults.push('DATABASE_URL: expected a password of your own; postgres:postgres is refused in production');
  }
  return faults;
}

function isKnown(value: string | undefined): boolean {
  return (
    value !== undefined && (WELL_KNOWN.some((known) => value.includes(known)) || PLACEHOLDER.test(value))
  );
}
