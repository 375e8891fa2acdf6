import { plainToInstance } from 'class-transformer';
import { validateSync } from 'class-validator';
import {
  DatabaseConfig,
  GuessingConfig,
  HttpConfig,
  LoadConfig,
  LogConfig,
  RealtimeConfig,
  SupabaseConfig,
  TokenConfig,
  type Config,
} from './config.js';
import { Environment } from './environment.js';
import { knownSecretsIn } from './known-secrets.js';

/** All faults of the environment at once: each names its variable and what is expected there. */
export class ConfigError extends Error {
  constructor(readonly faults: readonly string[]) {
    super(`The configuration is not valid:\n${faults.map((fault) => `  ${fault}`).join('\n')}`);
    this.name = 'ConfigError';
  }
}

/**
 * Parses and validates the environment.
 * @throws ConfigError naming every fault; values are never repeated, as they may be secrets.
 */
export function loadConfig(variables: Record<string, string | undefined>): Config {
  const environment = plainToInstance(Environment, known(variables), { exposeDefaultValues: true });
  const faults = validateSync(environment, { stopAtFirstError: true }).map(
    (fault) => `${fault.property}: ${Object.values(fault.constraints ?? {})[0] ?? 'not valid'}`,
  );
  if (environment.NODE_ENV === 'production') faults.push(...knownSecretsIn(environment));
  if (faults.length > 0) throw new ConfigError(faults);
  return group(environment);
}

/** Only our variables, and only those that are set, so that defaults fill the rest. */
function known(variables: Record<string, string | undefined>): Record<string, string> {
  const names = new Set([...Object.keys(new Environment()), ...REQUIRED]);
  return Object.fromEntries(
    Object.entries(variables).filter(
      (entry): entry is [string, string] => names.has(entry[0]) && entry[1] !== undefined && entry[1] !== '',
    ),
  );
}

const REQUIRED = [
  'SUPABASE_URL',
  'SUPABASE_KEY',
  'SUPABASE_SECRET_KEY',
  'DATABASE_URL',
  'SUPABASE_JWT_SECRET',
  'SUPABASE_JWT_ISSUER',
  'DATABASE_DIRECT_URL',
  'API_SECRET_KEY',
  'REDIS_URL',
  'PUBLIC_URL',
];

function group(environment: Environment): Config {
  const supabaseUrl = environment.SUPABASE_URL.replace(/\/+$/, '');
  return {
    production: environment.NODE_ENV === 'production',
    http: new HttpConfig(
      environment.HOST,
      environment.PORT,
      environment.TRUST_PROXY,
      environment.CORS_ORIGINS,
      environment.BODY_LIMIT_BYTES,
      environment.PUBLIC_URL?.replace(/\/+$/, ''),
      environment.LISTENING_SOCKETS,
    ),
    load: new LoadConfig(
      environment.MAX_REQUESTS,
      environment.BUSY_REQUESTS,
      environment.BUSY_DELAY_MS,
      environment.HEADERS_TIMEOUT_MS,
      environment.BODY_TIMEOUT_MS,
    ),
    log: new LogConfig(environment.LOG_LEVEL),
    supabase: new SupabaseConfig(
      supabaseUrl,
      environment.SUPABASE_KEY,
      environment.SUPABASE_SECRET_KEY,
      environment.SUPABASE_JWT_SECRET,
      environment.SUPABASE_JWT_ISSUER ?? `${supabaseUrl}/auth/v1`,
      environment.UPSTREAM_TIMEOUT_MS,
      environment.FUNCTION_TIMEOUT_MS,
    ),
    database: new DatabaseConfig(
      environment.DATABASE_URL,
      environment.DATABASE_DIRECT_URL ?? environment.DATABASE_URL,
      environment.DATABASE_POOL_SIZE,
      environment.DATABASE_STATEMENT_TIMEOUT_MS,
    ),
    tokens: new TokenConfig(
      environment.API_SECRET_KEY,
      environment.API_ACCESS_TOKEN_EXPIRE_MINUTES * 60,
      environment.CREDENTIALS_STORE,
      environment.REDIRECT_URLS,
      environment.REDIS_URL,
      environment.CREDENTIALS_TTL_SECONDS,
    ),
    guessing: new GuessingConfig(
      environment.GUESSING_LIMIT_PER_EMAIL,
      environment.GUESSING_LIMIT_PER_IP,
      environment.GUESSING_WINDOW_SECONDS,
    ),
    realtime: new RealtimeConfig(
      environment.REALTIME_SUBSCRIPTIONS_PER_USER,
      environment.REALTIME_SUBSCRIPTIONS,
      environment.REALTIME_BUFFER_EVENTS,
      environment.REALTIME_IDLE_SECONDS,
    ),
  };
}
