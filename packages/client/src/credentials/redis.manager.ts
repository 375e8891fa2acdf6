import { pause } from '../client/retry.ts';
import type { Credentials, CredentialsManager } from './credentials.types.ts';
import { credentialsIn } from './stored-credentials.ts';

/** The one function needed of a Redis client, as ioredis names it. */
interface Ioredis {
  call(command: string, ...args: string[]): Promise<unknown>;
}

/** The same, as node-redis (the package `redis`) names it. */
interface NodeRedis {
  sendCommand(args: string[]): Promise<unknown>;
}

/** A connected client of either library. */
export type RedisClient = Ioredis | NodeRedis;

export interface RedisOptions {
  /** What the keys begin with; `supanest:credentials:` unless set. */
  prefix?: string;
  /**
   * How long the refresh token lives, in seconds: credentials that nobody has set for so long are dead and go. 30 days
   * unless set. An access token that is updated leaves it as it is.
   */
  ttlSeconds?: number;
  /** How long a refresh may hold the lock before another process may have it. 30 unless set. */
  lockSeconds?: number;
}

const DAY_SECONDS = 86_400;
const POLL_MS = 50;

// Each is one command for Redis, so that nobody sees half of it.
const SET = `redis.call('del', KEYS[1])
redis.call('hset', KEYS[1], 'accessToken', ARGV[1], 'refreshToken', ARGV[2])
redis.call('expire', KEYS[1], ARGV[3])`;
const UPDATE = `if redis.call('exists', KEYS[1]) == 1 then redis.call('hset', KEYS[1], 'accessToken', ARGV[1]) end`;
const UNLOCK = `if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end`;

/** Keeps credentials in Redis 4 or later: shared by all processes, and gone when the refresh token is dead anyway. */
export class RedisCredentialsManager implements CredentialsManager {
  private readonly client: RedisClient;
  private readonly prefix: string;
  private readonly ttlSeconds: number;
  private readonly lockSeconds: number;

  constructor(
    client: RedisClient,
    { prefix = 'supanest:credentials:', ttlSeconds = 30 * DAY_SECONDS, lockSeconds = 30 }: RedisOptions = {},
  ) {
    this.client = client;
    this.prefix = prefix;
    this.ttlSeconds = ttlSeconds;
    this.lockSeconds = lockSeconds;
  }

  async get(id: string): Promise<Credentials | null> {
    const values = await this.send('HMGET', this.prefix + id, 'accessToken', 'refreshToken');
    const [accessToken, refreshToken] = Array.isArray(values) ? (values as unknown[]) : [];
    return credentialsIn({ accessToken, refreshToken });
  }

  async set(id: string, { accessToken, refreshToken }: Credentials): Promise<void> {
    await this.run(SET, this.prefix + id, accessToken, refreshToken, String(this.ttlSeconds));
  }

  async update(id: string, accessToken: string): Promise<void> {
    await this.run(UPDATE, this.prefix + id, accessToken);
  }

  async delete(id: string): Promise<void> {
    await this.send('DEL', this.prefix + id);
  }

  async lock<T>(id: string, work: () => Promise<T>): Promise<T> {
    const key = `${this.prefix}${id}:lock`;
    const holder = crypto.randomUUID();
    while ((await this.send('SET', key, holder, 'NX', 'EX', String(this.lockSeconds))) !== 'OK') {
      await pause(POLL_MS);
    }
    try {
      return await work();
    } finally {
      // Only our own: it may have run out, and be another's by now.
      await this.run(UNLOCK, key, holder);
    }
  }

  private run(script: string, key: string, ...args: string[]): Promise<unknown> {
    return this.send('EVAL', script, '1', key, ...args);
  }

  private send(command: string, ...args: string[]): Promise<unknown> {
    return 'call' in this.client
      ? this.client.call(command, ...args)
      : this.client.sendCommand([command, ...args]);
  }
}
