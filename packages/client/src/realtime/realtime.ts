import { NetworkError, NotFoundError, SupanestError, UnavailableError } from '../client/errors.ts';
import type { HttpClient } from '../client/operations.ts';
import { pause } from '../client/retry.ts';
import type { Transport } from '../client/transport.ts';
import type { SignedInSession } from '../credentials/signed-in-session.ts';
import { BrokenStreamError, readEvents } from './read-events.ts';
import type { ChannelMessage, ListenOptions, RealtimeEvent, Subscription } from './realtime.types.ts';

/** The server has ended a subscription for good; `reason` is its own word: `signed_out`, `unsubscribed`, … */
export class SubscriptionEndedError extends SupanestError {
  override name = 'SubscriptionEndedError';
  readonly reason: string;

  constructor(reason: string, detail: string) {
    super(detail);
    this.reason = reason;
  }
}

/** After these ends a new subscription may go on where the old one stopped. */
const TEMPORARY = new Set(['token_expired', 'idle', 'shutdown']);
/** The server shows every 15 seconds that it lives. */
const SILENCE_MS = 45_000;
const LONGEST_WAIT_MS = 15_000;
/** How often is looked whether the token of an open stream needs a newer one. */
const TOKEN_CHECK_MS = 5_000;

/** Channels, over server-sent events. */
export class Realtime {
  private readonly url: string;
  private readonly transport: Transport;
  private readonly http: HttpClient;
  private readonly session: SignedInSession;

  constructor(url: string, transport: Transport, http: HttpClient, session: SignedInSession) {
    this.url = url;
    this.transport = transport;
    this.http = http;
    this.session = session;
  }

  /**
   * The messages of a channel, for as long as somebody iterates: `for await (const message of …)`. A connection that breaks
   * is made again and goes on after the last message, a token that ends is renewed; where messages are gone all the same,
   * one of type `lost` says so. Leaving the loop, or the signal, ends the subscription.
   * @throws SubscriptionEndedError when the server has ended it; ApiError when it refuses
   */
  async *listen(wish: Subscription, options: ListenOptions = {}): AsyncGenerator<RealtimeEvent, void> {
    const { signal, onSubscribed } = options;
    const place: Place = { id: undefined, lastEventId: undefined, isAgain: false };
    let failures = 0;
    try {
      while (!signal?.aborted) {
        try {
          if (place.id === undefined) {
            place.id = await this.subscribe(wish, signal);
            onSubscribed?.();
            if (place.isAgain) yield { type: 'lost', lost: null, reason: 'resubscribed' };
            place.isAgain = true;
          }
          for await (const event of this.stream(place.id, place, signal)) {
            failures = 0;
            yield event;
          }
        } catch (error) {
          // The signal's own error, wherever it has come up.
          if (signal?.aborted) return;
          if (error instanceof NotFoundError && place.id !== undefined) place.id = undefined;
          else if (!isPassing(error)) throw error;
        }
        await pause(Math.min(2 ** failures++ * 100, LONGEST_WAIT_MS), signal).catch(() => undefined);
      }
    } finally {
      await this.unsubscribe(place.id);
    }
  }

  private async subscribe(wish: Subscription, signal: AbortSignal | undefined): Promise<string> {
    const { channel, event = '*', changes } = wish;
    const { data } = await this.http.POST('/api/realtime/subscriptions', {
      body: {
        channel,
        event,
        private: wish.private ?? false,
        ...(changes && { postgres_changes: changes }),
      },
      ...(signal && { signal }),
    });
    if (!data) throw new TypeError('The server answered without a body');
    return data.subscription_id;
  }

  /** One connection, to its end. Forgets the subscription when that is over as well. */
  private async *stream(
    id: string,
    place: Place,
    signal: AbortSignal | undefined,
  ): AsyncGenerator<RealtimeEvent> {
    const response = await this.transport.send({
      url: `${this.url}/api/realtime/subscriptions/${id}/events`,
      method: 'GET',
      headers: new Headers({
        accept: 'text/event-stream',
        ...(place.lastEventId !== undefined && { 'last-event-id': place.lastEventId }),
      }),
      ...(signal && { signal }),
    });
    if (!response.body) return;
    const stopRenewing = this.keepRenewing();
    try {
      for await (const { id: eventId, event, data } of readEvents(response.body, SILENCE_MS)) {
        if (event === 'end') {
          place.id = undefined;
          place.lastEventId = undefined;
          const { reason, detail } = JSON.parse(data) as { reason: string; detail: string };
          if (TEMPORARY.has(reason)) return;
          throw new SubscriptionEndedError(reason, detail);
        }
        if (event === 'lost') yield { type: 'lost', ...(JSON.parse(data) as { lost: null; reason: string }) };
        else yield JSON.parse(data) as ChannelMessage;
        if (eventId !== undefined) place.lastEventId = eventId;
      }
    } finally {
      stopRenewing();
    }
  }

  /** While a stream is open nobody else may renew its token; the server learns the new one by any request. */
  private keepRenewing(): () => void {
    let used: string | undefined;
    const look = async (): Promise<void> => {
      const token = await this.session.accessToken();
      if (used !== undefined && token !== used) await this.http.GET('/api/realtime/subscriptions');
      used = token;
    };
    // What fails here fails again, and is told, when the stream ends for it.
    const lookQuietly = (): void => void look().catch(() => undefined);
    lookQuietly();
    const timer = setInterval(lookQuietly, TOKEN_CHECK_MS);
    return () => clearInterval(timer);
  }

  /** One that is over already is none of our worries; one that nobody reads ends by itself. */
  private async unsubscribe(id: string | undefined): Promise<void> {
    if (id === undefined) return;
    await this.http
      .DELETE('/api/realtime/subscriptions/{id}', { params: { path: { id } } })
      .catch(() => undefined);
  }
}

/** Where a listener stands. */
interface Place {
  id: string | undefined;
  lastEventId: string | undefined;
  /** It was subscribed before: what was sent since is gone. */
  isAgain: boolean;
}

/** What a broken connection throws, and a server that is away for a moment. */
const isPassing = (error: unknown): boolean =>
  error instanceof NetworkError || error instanceof UnavailableError || error instanceof BrokenStreamError;
