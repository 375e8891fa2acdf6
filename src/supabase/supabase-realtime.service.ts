import { randomUUID } from 'node:crypto';
import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import { RealtimeClient } from '@supabase/supabase-js';
import jwt from 'jsonwebtoken';
import { SupabaseConfig } from '../platform/config/config.js';
import { notFound } from '../platform/errors/errors.js';
import { sendBroadcast, type Broadcast } from './supabase-realtime-broadcast.js';
import { SupabaseClients } from './supabase-clients.service.js';
import { refusedJoin } from './supabase-realtime-error.js';
import { RealtimeSocket } from './supabase-realtime-socket.js';
import type {
  PostgresChanges,
  RealtimeListener,
  RealtimeSubscription,
  RealtimeToken,
} from './supabase-realtime.types.js';

/** What to subscribe to. */
export interface SubscribeInput {
  channel: string;
  /** Only broadcasts of this event and row changes of this kind; `*` (default): all. */
  event?: string | undefined;
  /** Whether the policies on `realtime.messages` decide who may listen (default false). */
  private?: boolean | undefined;
  /** Row changes to hear besides the broadcasts. */
  postgresChanges?: PostgresChanges | undefined;
  /** Absent: as nobody, with the publishable key. */
  authToken?: RealtimeToken | undefined;
  listener?: RealtimeListener | undefined;
}

interface Kept extends RealtimeSubscription {
  readonly owner: string | null;
  readonly stop: () => void;
}

/**
 * Supabase Realtime. Each session has one socket, shared by its subscriptions and by nobody else, opened by the first
 * and closed with the last one. Subscriptions live in this process.
 */
@Injectable()
export class SupabaseRealtime implements OnApplicationShutdown {
  private readonly sockets = new Map<string, RealtimeSocket>();
  private readonly subscriptions = new Map<string, Kept>();

  constructor(
    private readonly clients: SupabaseClients,
    private readonly config: SupabaseConfig,
  ) {}

  /**
   * Subscribes to a channel. Once this resolves, messages arrive at the listener.
   * @throws AppError `permission` with Supabase's reason for a private channel that may not be read, `validation` for row
   *   changes that Supabase does not give, `conflict` for a channel that the session has joined with another `private`,
   *   `authentication` for a dead token, `rate_limited`, `unavailable`; nothing is left behind
   */
  async subscribeToChannel(input: SubscribeInput): Promise<RealtimeSubscription> {
    const { channel, event = '*', private: isPrivate = false, postgresChanges, authToken, listener } = input;
    const caller = callerOf(await tokenOf(authToken));
    const socket = this.socketOf(caller.key);
    socket.authToken = authToken;
    const id = randomUUID();
    let ended: string | undefined;
    const stop = await socket.listen(channel, isPrivate, postgresChanges, {
      onMessage: (message) => {
        if (event === '*' || message.event === event) listener?.onMessage(message);
      },
      onGap: () => listener?.onGap?.(),
      onEnd: (reason) => {
        ended = reason;
        if (this.end(id)) listener?.onEnd?.(reason);
      },
    });
    if (ended !== undefined) {
      stop();
      throw refusedJoin(ended);
    }
    const subscription: Kept = {
      id,
      channel,
      event,
      owner: caller.owner,
      createdAt: new Date(),
      stop,
      renewToken: () => socket.renewToken(),
      end: () => void this.end(id),
    };
    this.subscriptions.set(id, subscription);
    return subscription;
  }

  /**
   * Ends a subscription of the caller.
   * @throws AppError `not_found` for none, and for somebody else's
   */
  unsubscribeFromChannel({
    subscriptionId,
    authToken,
  }: {
    subscriptionId: string;
    authToken?: string;
  }): void {
    const subscription = this.subscriptions.get(subscriptionId);
    if (subscription?.owner !== callerOf(authToken).owner) throw notFound('There is no such subscription.');
    subscription.end();
  }

  /** Ends all subscriptions of the caller, and of nobody else. Answers how many there were. */
  unsubscribeAll({ authToken }: { authToken?: string } = {}): number {
    const own = this.ownedBy(authToken);
    for (const subscription of own) subscription.end();
    return own.length;
  }

  /** The caller's own subscriptions, oldest first. */
  getChannels({ authToken }: { authToken?: string } = {}): RealtimeSubscription[] {
    return this.ownedBy(authToken);
  }

  /**
   * Broadcasts one message over HTTP; no subscription is needed for it. Whether anybody listens is not known.
   * @throws AppError `permission` for a private channel that may not be written, `authentication`, `validation`,
   *   `payload_too_large`, `rate_limited`, `unavailable`
   */
  async broadcastMessage(input: Broadcast): Promise<void> {
    await sendBroadcast(this.clients, `${this.config.url}/realtime/v1`, input);
  }

  /** How many sockets are open. */
  get socketCount(): number {
    return this.sockets.size;
  }

  onApplicationShutdown(): void {
    for (const subscription of [...this.subscriptions.values()]) subscription.end();
  }

  private ownedBy(authToken: string | undefined): Kept[] {
    const { owner } = callerOf(authToken);
    return [...this.subscriptions.values()].filter((subscription) => subscription.owner === owner);
  }

  /** False when it is over already. */
  private end(id: string): boolean {
    const subscription = this.subscriptions.get(id);
    this.subscriptions.delete(id);
    subscription?.stop();
    return subscription !== undefined;
  }

  private socketOf(key: string): RealtimeSocket {
    const present = this.sockets.get(key);
    if (present) return present;
    const { url, key: apikey, timeoutMs } = this.config;
    const client = new RealtimeClient(`${url.replace(/^http/, 'ws')}/realtime/v1`, {
      params: { apikey },
      timeout: timeoutMs,
      reconnectAfterMs,
      accessToken: async () => (await tokenOf(socket.authToken)) ?? null,
    });
    const socket: RealtimeSocket = new RealtimeSocket(client, timeoutMs, () => {
      if (this.sockets.get(key) === socket) this.sockets.delete(key);
    });
    this.sockets.set(key, socket);
    return socket;
  }
}

const tokenOf = async (authToken: RealtimeToken | undefined): Promise<string | undefined> =>
  typeof authToken === 'function' ? authToken() : authToken;

/** Whose token it is, and of which session. Supabase checks the token; here it only tells callers apart. */
function callerOf(authToken: string | undefined): { owner: string | null; key: string } {
  if (authToken === undefined) return { owner: null, key: 'nobody' };
  const claims = jwt.decode(authToken, { json: true });
  if (typeof claims?.sub !== 'string') return { owner: authToken, key: authToken };
  const session: unknown = claims.session_id;
  return { owner: claims.sub, key: `${claims.sub}:${typeof session === 'string' ? session : authToken}` };
}

/** Sockets that lost the same server do not come back in step. */
const reconnectAfterMs = (tries: number): number =>
  Math.min(10_000, 500 * 2 ** Math.min(tries, 10)) * (0.5 + Math.random() / 2);
