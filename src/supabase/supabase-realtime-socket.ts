import { randomUUID } from 'node:crypto';
import type { RealtimeChannel, RealtimeClient } from '@supabase/supabase-js';
import { otherPrivacy } from './supabase-realtime-error.js';
import { RealtimeFeed } from './supabase-realtime-feed.js';
import type { PostgresChanges, RealtimeListener, RealtimeToken } from './supabase-realtime.types.js';

/** The one socket of a caller's session, and the channels joined on it. It is used until it is empty, and then never again. */
export class RealtimeSocket {
  /** The newest that was given: whoever has it is who had the first one. */
  authToken: RealtimeToken | undefined;
  private readonly broadcasts = new Map<string, RealtimeFeed>();
  /** Subscriptions, also those that are still being made. */
  private users = 0;
  private authentication: Promise<void> | undefined;
  /** Channels that are being left: one cannot be joined again before. */
  private readonly leaving = new Map<string, Promise<void>>();

  constructor(
    private readonly client: RealtimeClient,
    private readonly timeoutMs: number,
    private readonly onEmpty: () => void,
  ) {}

  /**
   * Listens to a channel, and to row changes if they are wanted. Those have a channel of their own: of one topic a
   * socket may have only one, with what it was joined for.
   * @returns how to stop
   * @throws AppError as Supabase refuses; nothing is left behind then
   */
  async listen(
    channel: string,
    isPrivate: boolean,
    changes: PostgresChanges | undefined,
    listener: RealtimeListener,
  ): Promise<() => void> {
    this.users += 1;
    const used: RealtimeFeed[] = [];
    let stopped = false;
    const stop = (): void => {
      if (stopped) return;
      stopped = true;
      for (const feed of used) this.release(feed, listener);
      this.users -= 1;
      if (this.users === 0) this.close();
    };
    try {
      await this.authenticate();
      await this.leaving.get(channel);
      used.push(this.broadcastsOf(channel, isPrivate));
      if (changes) used.push(this.join(`${channel}:${randomUUID()}`, false, changes));
      for (const feed of used) feed.listeners.add(listener);
      await Promise.all(used.map((feed) => feed.joined));
      return stop;
    } catch (error) {
      stop();
      throw error;
    }
  }

  /** Asks for the token again, and sends it if it is another one. */
  renewToken(): void {
    void this.authenticate();
  }

  /** One at a time: the client leaves the older of two without an answer, and would join a channel as nobody. */
  private authenticate(): Promise<void> {
    this.authentication ??= this.client.setAuth().finally(() => {
      this.authentication = undefined;
    });
    return this.authentication;
  }

  private broadcastsOf(channel: string, isPrivate: boolean): RealtimeFeed {
    const present = this.broadcasts.get(channel);
    if (present && !present.isOver) {
      if (present.isPrivate !== isPrivate) throw otherPrivacy(channel);
      return present;
    }
    const feed = this.join(channel, isPrivate, undefined);
    this.broadcasts.set(channel, feed);
    return feed;
  }

  private join(topic: string, isPrivate: boolean, changes: PostgresChanges | undefined): RealtimeFeed {
    const channel = this.client.channel(topic, { config: { private: isPrivate } });
    expectNoAnswerToTokens(channel);
    return new RealtimeFeed(channel, changes ?? 'broadcasts', isPrivate, this.timeoutMs);
  }

  private release(feed: RealtimeFeed, listener: RealtimeListener): void {
    feed.listeners.delete(listener);
    if (feed.listeners.size > 0) return;
    const { topic } = feed;
    const left = feed.leave().finally(() => {
      if (this.leaving.get(topic) === left) this.leaving.delete(topic);
    });
    this.leaving.set(topic, left);
    if (this.broadcasts.get(topic) === feed) this.broadcasts.delete(topic);
  }

  private close(): void {
    this.onEmpty();
    void Promise.all(this.leaving.values()).then(() => disconnect(this.client));
  }
}

/** What is inside of the client, as far as it is needed. */
interface Insides {
  socketAdapter?: {
    disconnect(callback: () => void, code: undefined, reason: undefined, timeoutMs: number): Promise<unknown>;
  };
  _cancelPendingDisconnect?(): void;
}

/**
 * Closes the client's socket. Its own `disconnect` waits ten seconds for that by a timer that nobody stops, also when the
 * socket is closed long before, and no process ends by itself meanwhile; we wait for nothing.
 */
async function disconnect(client: RealtimeClient): Promise<void> {
  const insides = client as unknown as Insides;
  insides._cancelPendingDisconnect?.();
  if (insides.socketAdapter) {
    await insides.socketAdapter.disconnect(() => undefined, undefined, undefined, 0);
  } else await client.disconnect();
}

/** What is inside of a channel, as far as it is needed. */
interface ChannelInsides {
  channelAdapter?: {
    push(event: string, ...rest: unknown[]): { destroy?(): void };
  };
}

/**
 * Nobody answers when a channel is given a newer token, and the client waits for an answer all the same: by a timer that
 * outlives the socket, and no process ends by itself meanwhile.
 */
function expectNoAnswerToTokens(channel: RealtimeChannel): void {
  const { channelAdapter } = channel as unknown as ChannelInsides;
  if (!channelAdapter) return;
  const push = channelAdapter.push.bind(channelAdapter);
  channelAdapter.push = (event, ...rest) => {
    const pushed = push(event, ...rest);
    if (event === 'access_token') pushed.destroy?.();
    return pushed;
  };
}
