import { REALTIME_SUBSCRIBE_STATES, type RealtimeChannel } from '@supabase/supabase-js';
import type { AppError } from '../platform/errors/app-error.js';
import { unavailable } from '../platform/errors/errors.js';
import { refusedChanges, refusedJoin } from './supabase-realtime-error.js';
import type { PostgresChanges, RealtimeListener, RealtimeMessage } from './supabase-realtime.types.js';

/** What of a channel is wanted: its broadcasts, or row changes. */
export type Wanted = 'broadcasts' | PostgresChanges;

/** How long Supabase may take to answer that a channel is left. */
const LEAVE_MS = 1_000;

/** One joined channel of one socket, for all who listen to it. It joins again by itself when the socket was lost. */
export class RealtimeFeed {
  /** Settled by the first answer: joined, or refused. */
  readonly joined: Promise<void>;
  readonly listeners = new Set<RealtimeListener>();
  private state: 'joining' | 'joined' | 'lost' | 'over' = 'joining';
  private reason = 'Supabase has closed the channel';
  private settle!: { resolve: () => void; reject: (error: AppError) => void };
  private readonly timer: NodeJS.Timeout;
  private left: Promise<void> | undefined;

  constructor(
    private readonly channel: RealtimeChannel,
    private readonly wanted: Wanted,
    readonly isPrivate: boolean,
    timeoutMs: number,
  ) {
    this.joined = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    // Whoever waits for it sees the rejection; nobody may be waiting any more.
    this.joined.catch(() => undefined);
    this.timer = setTimeout(() => this.refuse(unavailable()), timeoutMs);
    this.listen();
  }

  get isOver(): boolean {
    return this.state === 'over';
  }

  /** The channel's name. */
  get topic(): string {
    return this.channel.subTopic;
  }

  /** Leaves the channel; nobody hears anything after this. Settled once Supabase has answered, or not answered. */
  leave(): Promise<void> {
    if (this.left) return this.left;
    this.state = 'over';
    clearTimeout(this.timer);
    this.settle.reject(unavailable());
    this.listeners.clear();
    this.left = this.channel.unsubscribe(LEAVE_MS).then(() => this.channel.teardown());
    return this.left;
  }

  private listen(): void {
    const { channel, wanted } = this;
    channel.on('system', {}, (message: unknown) => this.heardSystem(message as SystemMessage));
    if (wanted === 'broadcasts') {
      channel.on('broadcast', { event: '*' }, ({ event, payload }) =>
        this.tell({ type: 'broadcast', event, payload: payload as unknown }),
      );
    } else {
      const { schema, table, filter } = wanted;
      const what = { schema, ...(table === undefined ? {} : { table }), ...(filter ? { filter } : {}) };
      channel.on('postgres_changes', { event: '*', ...what }, (payload) =>
        this.tell({ type: 'postgres_changes', event: payload.eventType, payload }),
      );
    }
    channel.subscribe((status, error) => {
      if (this.state === 'over') return;
      if (status === REALTIME_SUBSCRIBE_STATES.SUBSCRIBED) this.heardJoined();
      else if (status === REALTIME_SUBSCRIBE_STATES.CLOSED) this.end();
      else this.heardError(error);
    });
  }

  private heardJoined(): void {
    // Row changes flow a moment after the join; Supabase says when.
    if (this.wanted === 'broadcasts') this.begin();
  }

  private begin(): void {
    if (this.state === 'lost') for (const listener of [...this.listeners]) listener.onGap?.();
    this.state = 'joined';
    clearTimeout(this.timer);
    this.settle.resolve();
  }

  private heardSystem({ extension, status, message }: SystemMessage): void {
    if (this.state === 'over') return;
    if (extension === 'postgres_changes') {
      if (status === 'ok') this.begin();
      else if (this.state === 'joining') this.refuse(refusedChanges(message));
      // Supabase tries again by itself; what happens until it succeeds is lost.
      else this.state = 'lost';
    } else if (status === 'error') {
      // The channel is closed right after it, for this reason.
      this.reason = message;
    }
  }

  private heardError(error: Error | undefined): void {
    const refusal = reasonOf(error);
    if (this.state === 'joining') {
      this.refuse(refusal === undefined ? unavailable(undefined, { cause: error }) : refusedJoin(refusal));
      return;
    }
    this.state = 'lost';
    if (refusal === undefined) return;
    const { kind } = refusedJoin(refusal);
    // A busy or failing Supabase is asked again by the client; what it has decided stays decided.
    if (kind !== 'unavailable' && kind !== 'rate_limited') {
      this.reason = refusal;
      this.end();
    }
  }

  private refuse(error: AppError): void {
    if (this.state !== 'joining') return;
    this.settle.reject(error);
    void this.leave();
  }

  private end(): void {
    if (this.state === 'joining') {
      this.refuse(refusedJoin(this.reason));
      return;
    }
    const listeners = [...this.listeners];
    void this.leave();
    for (const listener of listeners) listener.onEnd?.(this.reason);
  }

  private tell(message: RealtimeMessage): void {
    for (const listener of [...this.listeners]) listener.onMessage(message);
  }
}

interface SystemMessage {
  extension: string;
  status: 'ok' | 'error';
  message: string;
}

/** The reason of a refused join; undefined when it is the connection that failed. */
function reasonOf(error: Error | undefined): string | undefined {
  const cause = error?.cause;
  if (typeof cause !== 'object' || cause === null || Object.getPrototypeOf(cause) !== Object.prototype) {
    return undefined;
  }
  const { reason } = cause as { reason?: unknown };
  return typeof reason === 'string' && reason !== '' ? reason : undefined;
}
