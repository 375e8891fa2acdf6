import { Injectable, StreamableFile, type OnModuleDestroy } from '@nestjs/common';
import { SupabaseSession } from '../../auth/sessions/supabase-session.service.js';
import { RealtimeConfig } from '../../platform/config/config.js';
import { invalid, notFound, unavailable } from '../../platform/errors/errors.js';
import type { Identity } from '../../platform/http/actor.js';
import { SupabaseRealtime } from '../../supabase/supabase-realtime.service.js';
import { BufferBudget, EventBuffer } from '../events/event-buffer.js';
import type { EndReason } from '../sessions/end-reason.types.js';
import { farewell } from '../sessions/farewell.js';
import { SessionWatch, type Member } from '../sessions/session-watch.service.js';
import { OpenSubscription, type Registered } from './open-subscription.js';
import { Places } from './places.js';
import type { SubscribeBody, SubscriptionDto } from './subscriptions.dto.js';

const BUFFER_BYTES = 1_048_576;
const TICK_MS = 1_000;
/** Every so many ticks idle streams are told that they live. */
const KEEP_ALIVE_TICKS = 15;
/** Supabase may notice the end of a token's life before we do. */
const EXPIRED = /^token has expired/i;
/** How long the last bytes of a stream may take when the server ends. */
const FAREWELL_MS = 1_000;

/** The subscriptions of this process: who has which, what they have heard, and when they end. */
@Injectable()
export class Subscriptions implements OnModuleDestroy {
  private readonly registered = new Map<string, Registered>();
  private readonly places: Places;
  private ticks = 0;
  private closing = false;
  private readonly budget = new BufferBudget();
  private readonly timer = setInterval(() => this.tick(), TICK_MS).unref();

  constructor(
    private readonly config: RealtimeConfig,
    private readonly realtime: SupabaseRealtime,
    private readonly supabaseSession: SupabaseSession,
    private readonly watch: SessionWatch,
  ) {
    this.places = new Places(config);
  }

  /**
   * Subscribes for a caller, with his token. What arrives is kept until he reads it.
   * @throws AppError `conflict` over the limit of subscriptions, and as `SupabaseRealtime.subscribeToChannel`
   */
  async create(identity: Identity, body: SubscribeBody): Promise<SubscriptionDto> {
    if (this.closing) throw unavailable();
    const release = this.places.take(identity.userId);
    const buffer = new EventBuffer({ events: this.config.bufferEvents, bytes: BUFFER_BYTES }, this.budget);
    const open = new OpenSubscription(identity.userId, body.channel, buffer);
    let over: { reason: EndReason; detail?: string } | undefined;
    const ended = (reason: EndReason, detail?: string): void => {
      over = { reason, ...(detail === undefined ? {} : { detail }) };
      if (registered) registered.end(reason, detail);
    };
    let registered: Registered | undefined;
    const member: Member = { end: ended, renewed: () => registered?.upstream.renewToken() };
    const session = this.watch.join(identity, member);
    const forget = (): void => {
      this.watch.leave(session, member);
      release();
    };
    try {
      const upstream = await this.realtime.subscribeToChannel({
        channel: body.channel,
        event: body.event,
        private: body.private,
        postgresChanges: body.postgres_changes,
        authToken: () => this.supabaseSession.accessTokenOf(session.identity),
        listener: {
          onMessage: (message) => open.hear(message),
          onGap: () => open.hearGap(),
          onEnd: (reason) => ended(EXPIRED.test(reason) ? 'token_expired' : 'refused', reason),
        },
      });
      registered = this.register(open, upstream, forget);
    } catch (error) {
      forget();
      throw error;
    }
    // The session, or this server, has ended meanwhile.
    if (over ?? this.closing) {
      registered.end(over?.reason ?? 'shutdown');
      throw unavailable();
    }
    return presented(registered);
  }

  /** The subscriptions of a user, oldest first. */
  list(identity: Identity): SubscriptionDto[] {
    return this.ownedBy(identity).map(presented);
  }

  /** Ends all subscriptions of a user. */
  endAll(identity: Identity): { unsubscribed: number } {
    const own = this.ownedBy(identity);
    for (const subscription of own) subscription.end('unsubscribed');
    return { unsubscribed: own.length };
  }

  /** @throws AppError `not_found` for none, and for somebody else's */
  endOne(identity: Identity, id: string): void {
    this.own(identity, id).end('unsubscribed');
  }

  /**
   * Opens a stream of a subscription's events.
   * @param lastEventId - the number of the last event the client has had
   * @param connection - where the events go
   * @throws AppError `not_found` for none, and for somebody else's; `validation` for a number that was never given
   */
  events(
    identity: Identity,
    id: string,
    lastEventId: string | undefined,
    connection: { destroy(): void },
  ): StreamableFile {
    const { open } = this.own(identity, id);
    if (this.closing) throw unavailable();
    const after = numberOf(lastEventId);
    const member: Member = { end: (reason) => stream?.finish(farewell(reason)) };
    const session = this.watch.join(identity, member);
    const stream = open.read(after, connection, () => this.watch.leave(session, member));
    if (stream) return new StreamableFile(stream, { type: 'text/event-stream' });
    this.watch.leave(session, member);
    throw invalid('Last-Event-ID names no event of this subscription.');
  }

  /** Streams end before the server waits for its connections, and those that cannot be written are cut. */
  onModuleDestroy(): void {
    this.closing = true;
    clearInterval(this.timer);
    const streams = [...this.registered.values()].flatMap((subscription) => subscription.end('shutdown'));
    setTimeout(() => streams.forEach((stream) => stream.cut()), FAREWELL_MS).unref();
  }

  private register(open: OpenSubscription, upstream: Registered['upstream'], forget: () => void): Registered {
    const subscription: Registered = {
      open,
      upstream,
      end: (reason, detail) => {
        if (!this.registered.delete(upstream.id)) return [];
        upstream.end();
        forget();
        return open.finish(reason, detail);
      },
    };
    this.registered.set(upstream.id, subscription);
    return subscription;
  }

  private own({ userId }: Identity, id: string): Registered {
    const subscription = this.registered.get(id.toLowerCase());
    if (subscription?.open.userId !== userId) throw notFound('There is no such subscription.');
    return subscription;
  }

  private ownedBy({ userId }: Identity): Registered[] {
    return [...this.registered.values()].filter(({ open }) => open.userId === userId);
  }

  private tick(): void {
    this.ticks += 1;
    const tooLong = Date.now() - this.config.idleSeconds * 1_000;
    for (const subscription of this.registered.values()) {
      const { open } = subscription;
      if (open.unreadSince !== undefined && open.unreadSince < tooLong) subscription.end('idle');
      else if (this.ticks % KEEP_ALIVE_TICKS === 0) open.keepAlive();
    }
  }
}

/** @throws AppError `validation` for what is no number */
function numberOf(lastEventId: string | undefined): number | undefined {
  if (lastEventId === undefined || lastEventId === '') return undefined;
  if (!/^\d{1,15}$/.test(lastEventId)) throw invalid('Last-Event-ID must be the id of an event.');
  return Number(lastEventId);
}

const presented = ({ upstream }: Registered): SubscriptionDto => ({
  subscription_id: upstream.id,
  channel: upstream.channel,
  event: upstream.event,
  created_at: upstream.createdAt.toISOString(),
});
