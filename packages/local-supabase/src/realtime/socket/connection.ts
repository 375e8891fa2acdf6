import type { WebSocket } from 'ws';
import { Channel } from '../channel/channel.ts';
import type { ChannelSocket, JoinedChannel } from '../channel/joined.channel.types.ts';
import { readJoinConfig } from '../channel/join.config.ts';
import { REFUSALS, REPLY_REASONS } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { Frame, Serializer } from '../protocol/frame.types.ts';
import { RateCounter } from '../rate.counter.ts';
import type { RealtimeServices } from '../realtime.services.ts';

const CLOSE = { goingAway: 1001, idle: 1000, tooSlow: 1013 } as const;

/** One client's socket: tells its frames apart and hands them to their channels. */
export class Connection implements ChannelSocket {
  readonly serializer: Serializer;
  readonly apiToken: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly events = new RateCounter(LIMITS.eventsPerSecond);
  readonly presenceEvents = new RateCounter(LIMITS.presenceEventsPerSecond);
  readonly #socket: WebSocket;
  readonly #services: RealtimeServices;
  readonly #channels = new Map<string, Channel>();
  readonly #idle: NodeJS.Timeout;

  constructor(
    socket: WebSocket,
    opened: Pick<ChannelSocket, 'serializer' | 'apiToken' | 'headers'>,
    services: RealtimeServices,
  ) {
    this.serializer = opened.serializer;
    this.apiToken = opened.apiToken;
    this.headers = opened.headers;
    this.#socket = socket;
    this.#services = services;
    this.#idle = setTimeout(() => socket.close(CLOSE.idle), LIMITS.idleMs).unref();
    socket.on('message', (data, isBinary) => this.#received(data as Buffer, isBinary));
    socket.on('close', () => this.#closed());
    // 'close' follows; without a listener the process would end.
    socket.on('error', () => undefined);
  }

  send(data: string | Buffer): void {
    if (this.#socket.readyState !== this.#socket.OPEN) return;
    if (this.#socket.bufferedAmount > LIMITS.unsentBytes) {
      this.#socket.close(CLOSE.tooSlow, 'too slow');
      // Closing waits behind what is not being read.
      this.#socket.terminate();
      return;
    }
    this.#socket.send(data);
  }

  forget(channel: JoinedChannel): void {
    if (this.#channels.get(channel.topic) === channel) this.#channels.delete(channel.topic);
  }

  /** The server stops. */
  close(): void {
    this.#socket.close(CLOSE.goingAway);
  }

  #received(data: Buffer, isBinary: boolean): void {
    this.#idle.refresh();
    let frame: Frame;
    try {
      frame = this.serializer.decode(data, isBinary);
    } catch {
      // What is no frame is passed over, as Realtime does: the next may be one.
      return;
    }
    if (frame.topic === 'phoenix') {
      if (frame.event === 'heartbeat') this.#reply(frame, 'ok', {});
      return;
    }
    if (frame.event === 'phx_join') {
      this.#join(frame);
      return;
    }
    const channel = this.#channels.get(frame.topic);
    if (channel) {
      channel.handle(frame);
      return;
    }
    if (frame.event === 'phx_leave') {
      this.#reply(frame, 'ok', {});
      return;
    }
    this.#reply(frame, 'error', { reason: REPLY_REASONS.unmatchedTopic });
  }

  #join(frame: Frame): void {
    if (!frame.topic.startsWith('realtime:')) {
      this.#reply(frame, 'error', { reason: REPLY_REASONS.unmatchedTopic });
      return;
    }
    // Whoever joins again leaves what he had.
    this.#channels.get(frame.topic)?.close();
    if (!this.#services.joins.take()) {
      this.#reply(frame, 'error', { reason: REFUSALS.tooManyJoins.reason });
      return;
    }
    if (this.#channels.size >= LIMITS.channelsPerSocket) {
      this.#reply(frame, 'error', { reason: REFUSALS.tooManyChannels.reason });
      return;
    }
    const channel = new Channel(frame, readJoinConfig(frame.payload), this, this.#services);
    this.#channels.set(frame.topic, channel);
    channel.join(frame.ref);
  }

  #reply(frame: Frame, status: 'ok' | 'error', response: Record<string, unknown>): void {
    const payload = { status, response };
    this.send(this.serializer.encode({ ...frame, event: 'phx_reply', payload }));
  }

  #closed(): void {
    clearTimeout(this.#idle);
    for (const channel of [...this.#channels.values()]) channel.abandon();
  }
}
