import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import { Redis } from 'ioredis';
import { unavailable } from '../../platform/errors/errors.js';
import { CredentialsStore, type Credentials } from './credentials.types.js';
import { open, seal } from './sealed-credentials.js';

const PREFIX = 'supanest:credentials:';
const TIMEOUT_MS = 5_000;

/** Replaces what is there only if it is still what was read; how long it lives stays as it is. */
const REPLACE = `if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
redis.call('set', KEYS[1], ARGV[2], 'KEEPTTL')
return 1`;

/**
 * Keeps sessions in Redis 6 or later, encrypted: shared by all replicas. Those that nobody has refreshed for `ttlSeconds`
 * go. When Redis does not answer, requests that need a session are refused with 503.
 */
export class RedisCredentialsStore extends CredentialsStore implements OnApplicationShutdown {
  private readonly logger = new Logger(RedisCredentialsStore.name);
  private readonly redis: Redis;
  private isDown = false;

  constructor(
    url: string,
    /** 32 bytes. */
    private readonly key: Buffer,
    private readonly ttlSeconds: number,
  ) {
    super();
    this.redis = new Redis(url, {
      maxRetriesPerRequest: 1,
      connectTimeout: TIMEOUT_MS,
      commandTimeout: TIMEOUT_MS,
      retryStrategy: (times) => Math.min(times * 50, 2_000),
    });
    this.redis.on('error', (error: Error) => this.wentDown(error));
    this.redis.on('ready', () => (this.isDown = false));
  }

  async get(id: string): Promise<Credentials | null> {
    const sealed = await this.ask((redis) => redis.get(PREFIX + id));
    return sealed === null ? null : open(this.key, id, { sealed });
  }

  async set(id: string, data: Credentials): Promise<void> {
    const { sealed } = seal(this.key, id, data);
    await this.ask((redis) => redis.set(PREFIX + id, sealed, 'EX', this.ttlSeconds));
  }

  async update(id: string, accessToken: string): Promise<void> {
    for (;;) {
      const sealed = await this.ask((redis) => redis.get(PREFIX + id));
      const present = sealed === null ? null : open(this.key, id, { sealed });
      if (sealed === null || !present) return;
      const next = seal(this.key, id, { ...present, accessToken });
      const replaced = await this.ask((redis) => redis.eval(REPLACE, 1, PREFIX + id, sealed, next.sealed));
      if (replaced === 1) return;
    }
  }

  async delete(id: string): Promise<void> {
    await this.ask((redis) => redis.del(PREFIX + id));
  }

  onApplicationShutdown(): void {
    this.redis.disconnect();
  }

  private async ask<T>(question: (redis: Redis) => Promise<T>): Promise<T> {
    try {
      return await question(this.redis);
    } catch (cause) {
      throw unavailable(undefined, { cause });
    }
  }

  /** Said once, not at each attempt to come back. */
  private wentDown(error: Error): void {
    if (!this.isDown) this.logger.warn({ msg: 'Redis does not answer', error: error.message });
    this.isDown = true;
  }
}
