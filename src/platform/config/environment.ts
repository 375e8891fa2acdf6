import 'reflect-metadata';
import { Transform, Type } from 'class-transformer';
import {
  IsIn,
  IsInt,
  IsOptional,
  IsString,
  IsUrl,
  Matches,
  Max,
  Min,
  MinLength,
  ValidateBy,
  ValidateIf,
  type ValidationOptions,
} from 'class-validator';
import { kindOfKey } from './key-kind.js';
import { isOrigin, isProxy } from './network-values.js';

const expects = (what: string): ValidationOptions => ({ message: `expected ${what}` });

const HTTP_URL = {
  protocols: ['http', 'https'],
  require_protocol: true,
  require_tld: false,
  allow_query_components: false,
  allow_fragments: false,
};

const POSTGRES_URL = /^postgres(ql)?:\/\/\S+$/;
const REDIS_URL = /^rediss?:\/\/\S+$/;

/** An empty line in a .env file (`NAME=`) means "not set". */
const EmptyIsUnset = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) => (value === '' ? undefined : value));

/** Sessions are kept there only behind tokens of the API's own. */
const needsRedis = ({ API_SECRET_KEY, CREDENTIALS_STORE }: Environment): boolean =>
  CREDENTIALS_STORE === 'redis' && API_SECRET_KEY !== undefined;

/** A whole number in the given range. */
function Whole(min: number, max: number): PropertyDecorator {
  const options = expects(`a whole number from ${min} to ${max}`);
  const decorators = [Type(() => Number), IsInt(options), Min(min, options), Max(max, options)];
  return (target, property) => decorators.forEach((decorate) => decorate(target, property));
}

/** Each entry of a list passes the test. */
const Each = (name: string, validate: (value: unknown) => boolean, what: string): PropertyDecorator =>
  ValidateBy({ name, validator: { validate } }, { each: true, ...expects(what) });

/** Not the other one of a project's two keys: with the secret key for the publishable one no policy would hold anybody back. */
const NotThe = (kind: 'publishable' | 'secret', what: string): PropertyDecorator =>
  ValidateBy({ name: 'keyKind', validator: { validate: (key) => kindOfKey(key) !== kind } }, expects(what));

/** A comma-separated list. */
const List = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string'
      ? value
          .split(',')
          .map((part) => part.trim())
          .filter((part) => part !== '')
      : value,
  );

/**
 * The environment variables the API knows, with what each must look like. The only description of them besides
 * `.env.example`; a test keeps the two lists equal.
 */
export class Environment {
  @IsIn(['development', 'test', 'production'], expects('development, test or production'))
  NODE_ENV: 'development' | 'test' | 'production' = 'development';

  @IsString()
  HOST = '127.0.0.1';

  @Whole(0, 65_535)
  PORT = 3000;

  @IsIn(
    ['trace', 'debug', 'info', 'warn', 'error', 'silent'],
    expects('trace, debug, info, warn, error or silent'),
  )
  LOG_LEVEL: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent' = 'info';

  @IsUrl(HTTP_URL, expects('the URL of your Supabase, such as https://abc.supabase.co'))
  SUPABASE_URL!: string;

  @IsString(expects('the publishable (or legacy anon) key of your Supabase'))
  @MinLength(20, expects('the publishable (or legacy anon) key of your Supabase'))
  @NotThe('secret', 'the publishable (or legacy anon) key of your Supabase; this is the secret one')
  SUPABASE_KEY!: string;

  @IsString(expects('the secret (or legacy service_role) key of your Supabase'))
  @MinLength(20, expects('the secret (or legacy service_role) key of your Supabase'))
  @NotThe(
    'publishable',
    'the secret (or legacy service_role) key of your Supabase; this is the publishable one',
  )
  SUPABASE_SECRET_KEY!: string;

  @EmptyIsUnset()
  @IsOptional()
  @MinLength(32, expects('at least 32 characters: the legacy JWT secret of your Supabase'))
  SUPABASE_JWT_SECRET?: string;

  @EmptyIsUnset()
  @IsOptional()
  @IsUrl(HTTP_URL, expects('the `iss` of your Supabase tokens, such as https://abc.supabase.co/auth/v1'))
  SUPABASE_JWT_ISSUER?: string;

  @Matches(POSTGRES_URL, expects('postgresql://user:password@host:port/database'))
  DATABASE_URL!: string;

  @EmptyIsUnset()
  @IsOptional()
  @Matches(POSTGRES_URL, expects('postgresql://user:password@host:port/database, a direct connection'))
  DATABASE_DIRECT_URL?: string;

  @Whole(2, 500)
  DATABASE_POOL_SIZE = 10;

  @Whole(100, 600_000)
  DATABASE_STATEMENT_TIMEOUT_MS = 10_000;

  @Whole(100, 600_000)
  UPSTREAM_TIMEOUT_MS = 15_000;

  @Whole(100, 600_000)
  FUNCTION_TIMEOUT_MS = 150_000;

  @EmptyIsUnset()
  @IsOptional()
  @MinLength(32, expects('at least 32 characters, such as the output of `openssl rand -base64 48`'))
  API_SECRET_KEY?: string;

  @Whole(1, 1_440)
  API_ACCESS_TOKEN_EXPIRE_MINUTES = 30;

  @IsIn(['memory', 'postgres', 'redis'], expects('memory, postgres or redis'))
  CREDENTIALS_STORE: 'memory' | 'postgres' | 'redis' = 'postgres';

  @Whole(3_600, 315_360_000)
  CREDENTIALS_TTL_SECONDS = 2_592_000;

  @ValidateIf((environment: Environment) => needsRedis(environment) || !!environment.REDIS_URL)
  @Matches(REDIS_URL, expects('redis://user:password@host:port/0, or rediss: for TLS'))
  REDIS_URL?: string;

  @List()
  @Each('isProxy', isProxy, 'addresses or CIDR ranges such as 10.0.0.0/8, separated by commas')
  TRUST_PROXY: string[] = [];

  @List()
  @Each('isOrigin', isOrigin, 'origins such as https://app.example.com, separated by commas, or *')
  CORS_ORIGINS: string[] = [];

  @List()
  @IsString({ each: true })
  REDIRECT_URLS: string[] = [];

  @EmptyIsUnset()
  @IsOptional()
  @IsUrl(HTTP_URL, expects('where clients reach this API, such as https://api.example.com'))
  PUBLIC_URL?: string;

  @Whole(1_024, 1_073_741_824)
  BODY_LIMIT_BYTES = 1_048_576;

  @Whole(1, 256)
  LISTENING_SOCKETS = process.platform === 'linux' ? 64 : 1;

  @Whole(1, 1_000_000)
  MAX_REQUESTS = 1_000;

  @Whole(1, 1_000_000)
  BUSY_REQUESTS = 256;

  @Whole(0, 60_000)
  BUSY_DELAY_MS = 50;

  @Whole(100, 600_000)
  HEADERS_TIMEOUT_MS = 20_000;

  @Whole(100, 600_000)
  BODY_TIMEOUT_MS = 60_000;

  @Whole(1, 100_000)
  GUESSING_LIMIT_PER_EMAIL = 10;

  @Whole(1, 100_000)
  GUESSING_LIMIT_PER_IP = 60;

  @Whole(1, 86_400)
  GUESSING_WINDOW_SECONDS = 60;

  @Whole(1, 1_000)
  REALTIME_SUBSCRIPTIONS_PER_USER = 20;

  @Whole(1, 1_000_000)
  REALTIME_SUBSCRIPTIONS = 10_000;

  @Whole(1, 100_000)
  REALTIME_BUFFER_EVENTS = 500;

  @Whole(1, 86_400)
  REALTIME_IDLE_SECONDS = 60;
}
