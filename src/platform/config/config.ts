/** Everything that can be set, grouped by concern. Inject a slice, not the whole. */

export class HttpConfig {
  constructor(
    readonly host: string,
    readonly port: number,
    /** Addresses or CIDR ranges whose `X-Forwarded-For` is believed. */
    readonly trustProxy: readonly string[],
    /** Origins a browser may call from; `*` for all; empty for none. */
    readonly corsOrigins: readonly string[],
    /** Largest body that is read into memory. */
    readonly bodyLimitBytes: number,
    /** Where clients reach this API, without a trailing slash; undefined: as each request says. */
    readonly publicUrl: string | undefined,
    /** Sockets that listen at the port; more than one only on Linux, where it is 64 of itself. */
    readonly listeningSockets: number,
  ) {}
}

/** How much is taken at once, and how long a client may take to ask. */
export class LoadConfig {
  constructor(
    /** Requests that may wait for the beginning of their answer; further ones are refused. */
    readonly maxRequests: number,
    /** The same while the event loop or the way to the database is late; the longer the turns of the loop are, the more. */
    readonly busyRequests: number,
    /** From when on it is late. */
    readonly busyDelayMs: number,
    /** How long the head of a request may take to arrive. */
    readonly headersTimeoutMs: number,
    /** How long a body that is read into memory may take to arrive; a file may take as long as it keeps coming. */
    readonly bodyTimeoutMs: number,
  ) {}
}

export class LogConfig {
  constructor(readonly level: string) {}
}

export class SupabaseConfig {
  constructor(
    /** Without a trailing slash. */
    readonly url: string,
    /** The publishable (or legacy anon) key. */
    readonly key: string,
    /** The secret (or legacy service_role) key; only for what an admin may do. */
    readonly secretKey: string,
    /** The legacy HS256 secret; absent where Supabase signs with asymmetric keys only. */
    readonly jwtSecret: string | undefined,
    /** The `iss` its tokens carry. */
    readonly jwtIssuer: string,
    /** How long an answer may take. */
    readonly timeoutMs: number,
    /** How long a function may take to begin its answer. */
    readonly functionTimeoutMs: number,
  ) {}
}

export class DatabaseConfig {
  constructor(
    readonly url: string,
    /** A connection that keeps its session, for LISTEN; the same as `url` unless that is a pooler's. */
    readonly directUrl: string,
    readonly poolSize: number,
    readonly statementTimeoutMs: number,
  ) {}
}

export class TokenConfig {
  constructor(
    /** Set: sign-in answers with the API's own tokens. Absent: with Supabase's. */
    readonly apiSecretKey: string | undefined,
    readonly accessTokenSeconds: number,
    /** Where the Supabase sessions behind the API's own tokens are kept. */
    readonly credentialsStore: 'memory' | 'postgres' | 'redis',
    /** Where sign-in flows may send the browser back to; patterns with `*`. */
    readonly redirectUrls: readonly string[],
    /** Where Redis is; set when sessions are kept there. */
    readonly redisUrl?: string,
    /** How long Redis keeps a session that nobody refreshes. */
    readonly credentialsTtlSeconds = 2_592_000,
  ) {}
}

export class GuessingConfig {
  constructor(
    readonly perEmail: number,
    readonly perIp: number,
    readonly windowSeconds: number,
  ) {}
}

export class RealtimeConfig {
  constructor(
    readonly subscriptionsPerUser: number,
    /** Of all users together, in this process. */
    readonly subscriptions: number,
    /** Messages of one subscription that are kept for its readers. */
    readonly bufferEvents: number,
    /** A subscription that nobody has read for so long ends. */
    readonly idleSeconds: number,
  ) {}
}

/** The whole configuration, as read once at start. */
export interface Config {
  readonly production: boolean;
  readonly http: HttpConfig;
  readonly load: LoadConfig;
  readonly log: LogConfig;
  readonly supabase: SupabaseConfig;
  readonly database: DatabaseConfig;
  readonly tokens: TokenConfig;
  readonly guessing: GuessingConfig;
  readonly realtime: RealtimeConfig;
}
