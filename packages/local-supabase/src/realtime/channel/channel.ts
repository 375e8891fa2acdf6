import { verifyAccessToken } from '../access.token.ts';
import type { RealtimeClaims } from '../access.token.ts';
import { ChannelPolicies } from '../authorization/channel.policies.ts';
import { roomOf } from '../broadcast/topic.hub.ts';
import { REFUSALS, RealtimeRefusal, SHUTDOWN } from '../errors.ts';
import type { PresenceDiff } from '../presence/presence.rooms.ts';
import type { Frame } from '../protocol/frame.types.ts';
import { isRecord } from '../protocol/value.checks.ts';
import type { RealtimeServices } from '../realtime.services.ts';
import { handleBroadcast } from './broadcast.handler.ts';
import { ChannelChanges } from './channel.changes.ts';
import type { ChannelSocket, JoinedChannel } from './joined.channel.types.ts';
import type { JoinConfig } from './join.config.ts';
import { handlePresence } from './presence.handler.ts';
import { loadReplay } from './replay.ts';
import { TokenClock } from './token.clock.ts';

const PREFIX = /^realtime:/;

/** One joined topic of one socket. Its frames are handled one after another, in the order they came. */
export class Channel implements JoinedChannel {
  readonly topic: string;
  /** The topic without its prefix, as policies and senders know it. */
  readonly subTopic: string;
  readonly joinRef: string | null;
  readonly config: JoinConfig;
  readonly room: string;
  readonly services: RealtimeServices;
  readonly socket: ChannelSocket;
  /** Undefined on a public channel: everything is allowed. */
  policies: ChannelPolicies | undefined;
  receivesBroadcasts = true;
  hearsPresence: boolean;
  replayed: ReadonlySet<string> = new Set();
  readonly #changes: ChannelChanges;
  readonly #clock: TokenClock;
  #token: string;
  #closed = false;
  #last: Promise<void> = Promise.resolve();

  constructor(join: Frame, config: JoinConfig, socket: ChannelSocket, services: RealtimeServices) {
    this.topic = join.topic;
    this.subTopic = join.topic.replace(PREFIX, '');
    this.joinRef = join.joinRef ?? join.ref;
    this.config = config;
    this.socket = socket;
    this.services = services;
    this.room = roomOf(this.subTopic, config.isPrivate);
    this.hearsPresence = config.presenceEnabled;
    this.#token = this.#tokenFor(config.accessToken);
    this.#changes = new ChannelChanges(this, config.postgresChanges);
    this.#clock = new TokenClock(() => this.shutdown('Token has expired 0 seconds ago'));
  }

  get serializer(): ChannelSocket['serializer'] {
    return this.socket.serializer;
  }

  get closed(): boolean {
    return this.#closed;
  }

  /** Joins, or replies why not. */
  join(ref: string | null): void {
    this.#enqueue(async () => {
      try {
        await this.#join(ref);
      } catch (error) {
        if (!(error instanceof RealtimeRefusal)) this.services.report(error);
        const refusal = error instanceof RealtimeRefusal ? error : REFUSALS.databaseUnavailable;
        this.reply(ref, 'error', { reason: refusal.reason });
        this.#end();
      }
    });
  }

  /** Handles a frame of this topic other than its join. */
  handle(frame: Frame): void {
    this.#enqueue(() => this.#handle(frame));
  }

  async #join(ref: string | null): Promise<void> {
    if (this.subTopic === '') throw REFUSALS.topicRequired;
    const claims = await verifyAccessToken(this.#token, this.services.keys);
    await this.#authorize(claims);
    const replay = await loadReplay(this);
    this.replayed = new Set(replay.map((message) => message.id));
    if (this.config.waitForChanges) await this.#changes.subscribeForJoin(claims);
    // The socket may be gone while the database was asked.
    if (this.#closed) return;
    this.#clock.set(claims.exp);
    this.services.hub.join(this.room, this);
    this.services.presences.enter(this.room, this);
    this.reply(ref, 'ok', { postgres_changes: this.#changes.description });
    for (const message of replay) this.#deliverStored(message.data);
    if (this.hearsPresence) this.push('presence_state', this.services.presences.state(this.room));
    this.#changes.announce(claims);
    this.#announceDatabase();
  }

  async #handle(frame: Frame): Promise<void> {
    if (frame.joinRef !== null && this.joinRef !== null && frame.joinRef !== this.joinRef) return;
    if (frame.event === 'phx_leave') {
      this.reply(frame.ref, 'ok', {});
      this.close();
      return;
    }
    if (frame.event === 'access_token') return this.#refreshToken(frame.payload);
    if (!this.socket.events.take()) {
      this.shutdown(SHUTDOWN.tooManyMessages);
      return;
    }
    if (frame.event === 'broadcast') return handleBroadcast(this, frame);
    if (frame.event === 'presence') return handlePresence(this, frame);
  }

  push(event: string, payload: unknown): void {
    if (this.#closed) return;
    this.deliver(
      this.serializer.encode({ joinRef: this.joinRef, ref: null, topic: this.topic, event, payload }),
    );
  }

  reply(ref: string | null, status: 'ok' | 'error', response: Record<string, unknown>): void {
    const payload = { status, response };
    this.deliver(
      this.serializer.encode({ joinRef: this.joinRef, ref, topic: this.topic, event: 'phx_reply', payload }),
    );
  }

  /** @param extension what the message is about: the channel itself, or its changes */
  system(extension: 'system' | 'postgres_changes', status: 'ok' | 'error', message: string): void {
    this.push('system', { extension, status, message, channel: this.subTopic });
  }

  pushPresenceDiff(diff: PresenceDiff): void {
    this.push('presence_diff', diff);
  }

  deliver(data: string | Buffer): void {
    if (!this.#closed) this.socket.send(data);
  }

  /** Says why, then closes. */
  shutdown(message: string): void {
    this.system('system', 'error', message);
    this.close();
  }

  close(): void {
    // Its ref is the join's: a client that joined again meanwhile knows that this is about the time before.
    const { joinRef, topic } = this;
    this.deliver(this.serializer.encode({ joinRef, ref: joinRef, topic, event: 'phx_close', payload: {} }));
    this.#end();
  }

  /** The socket is gone: nothing more is said. */
  abandon(): void {
    this.#end();
  }

  #end(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#clock.stop();
    this.services.hub.leave(this.room, this);
    this.services.presences.leave(this.room, this);
    this.#changes.end();
    this.socket.forget(this);
  }

  async #authorize(claims: RealtimeClaims): Promise<void> {
    if (!this.config.isPrivate) return;
    const question = { topic: this.subTopic, claims, headers: this.socket.headers };
    const policies = new ChannelPolicies(this.services.authorization, question);
    await policies.requireRead(this.hearsPresence);
    this.receivesBroadcasts = await policies.mayRead('broadcast');
    this.hearsPresence = this.hearsPresence && (await policies.mayRead('presence'));
    this.policies = policies;
  }

  async #refreshToken(payload: unknown): Promise<void> {
    const offered = isRecord(payload) ? payload.access_token : undefined;
    if (typeof offered !== 'string' || offered.startsWith('sb_') || offered === this.#token) return;
    try {
      const claims = await verifyAccessToken(offered, this.services.keys);
      const couldRead = { broadcasts: this.receivesBroadcasts, presence: this.hearsPresence };
      await this.#authorize(claims);
      const revoked =
        (couldRead.broadcasts && !this.receivesBroadcasts) || (couldRead.presence && !this.hearsPresence);
      if (revoked) {
        this.shutdown(`You no longer have permission to read from this Channel topic: ${this.subTopic}`);
        return;
      }
      this.#token = offered;
      this.#clock.set(claims.exp);
      this.#changes.renew(claims);
    } catch (error) {
      if (!(error instanceof RealtimeRefusal)) this.services.report(error);
      this.shutdown(error instanceof RealtimeRefusal ? error.message : REFUSALS.databaseUnavailable.message);
    }
  }

  #announceDatabase(): void {
    void this.services.listener.ready().then(() => {
      if (this.config.replicationReady) this.system('system', 'ok', 'Replication connection established');
    });
  }

  #deliverStored(message: Parameters<ChannelSocket['serializer']['encodeBroadcast']>[1]): void {
    const data = this.serializer.encodeBroadcast(this.topic, message);
    if (data !== undefined) this.deliver(data);
  }

  /** An API key is no token; whoever has nothing better acts with the key's own token. */
  #tokenFor(offered: string | undefined): string {
    return offered === undefined || offered.startsWith('sb_') ? this.socket.apiToken : offered;
  }

  #enqueue(work: () => Promise<void>): void {
    this.#last = this.#last
      .then(() => (this.#closed ? undefined : work()))
      .catch((error: unknown) => this.services.report(error));
  }
}
