import { Logger, type OnApplicationShutdown } from '@nestjs/common';
import pg from 'pg';

/** How to listen. Milliseconds throughout. */
export interface ListenerOptions {
  /** A connection that keeps its session: not a pooler's in transaction mode, which forgets a LISTEN at once. */
  url: string;
  channel: string;
  /** First and longest pause between attempts to connect (default 250 and 30,000). */
  retryMs?: number;
  maxRetryMs?: number;
  /** How often the connection is asked whether it still lives (default 30,000). */
  heartbeatMs?: number;
}

/** Hears a notification's payload, or null: "something may have been missed, look yourself". */
export type ChangeSubscriber = (payload: string | null) => void;

/**
 * LISTEN on a connection of its own, connected again whenever it is lost. Subscribers are told to reload after every
 * connection, as notifications sent meanwhile are gone. Listening is a convenience: whoever needs certainty compares
 * the configuration's version.
 */
export class ChangeListener implements OnApplicationShutdown {
  private readonly logger = new Logger(ChangeListener.name);
  private readonly options: Required<ListenerOptions>;
  private readonly subscribers = new Set<ChangeSubscriber>();
  private client: pg.Client | undefined;
  private timer: NodeJS.Timeout | undefined;
  private failures = 0;
  private closed = false;

  constructor(options: ListenerOptions) {
    this.options = { retryMs: 250, maxRetryMs: 30_000, heartbeatMs: 30_000, ...options };
  }

  /** Registers a subscriber; the first one opens the connection. Answers how to leave. */
  subscribe(subscriber: ChangeSubscriber): () => void {
    this.subscribers.add(subscriber);
    if (this.subscribers.size === 1 && !this.client && !this.timer) void this.connect();
    return () => this.subscribers.delete(subscriber);
  }

  async onApplicationShutdown(): Promise<void> {
    this.closed = true;
    clearTimeout(this.timer);
    await this.client?.end().catch(() => undefined);
  }

  private async connect(): Promise<void> {
    const client = new pg.Client({
      connectionString: this.options.url,
      application_name: 'supanest listener',
      connectionTimeoutMillis: 5_000,
      query_timeout: 10_000,
      keepAlive: true,
    });
    this.client = client;
    client.on('notification', ({ payload }) => this.tell(payload ?? null));
    client.on('error', () => this.lost(client));
    client.on('end', () => this.lost(client));
    try {
      await client.connect();
      await client.query(`listen ${client.escapeIdentifier(this.options.channel)}`);
    } catch (error) {
      if (this.failures === 0 && !this.closed) this.logger.warn(`not listening: ${String(error)}`);
      this.lost(client);
      return;
    }
    this.failures = 0;
    this.later(this.options.heartbeatMs, () => void this.heartbeat(client));
    this.tell(null);
  }

  /** A connection that was cut without a word is noticed only by asking. */
  private async heartbeat(client: pg.Client): Promise<void> {
    try {
      await client.query('select 1');
    } catch {
      this.lost(client);
      return;
    }
    if (client === this.client) this.later(this.options.heartbeatMs, () => void this.heartbeat(client));
  }

  private lost(client: pg.Client): void {
    if (client !== this.client) return;
    this.client = undefined;
    client.end().catch(() => undefined);
    if (this.closed) return;
    const pause = Math.min(this.options.maxRetryMs, this.options.retryMs * 2 ** this.failures);
    this.failures += 1;
    // Replicas that lost the same server do not come back in step.
    this.later(pause * (0.5 + Math.random() / 2), () => void this.connect());
  }

  private later(ms: number, work: () => void): void {
    clearTimeout(this.timer);
    if (this.closed) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      work();
    }, ms);
    this.timer.unref();
  }

  private tell(payload: string | null): void {
    for (const subscriber of this.subscribers) subscriber(payload);
  }
}
