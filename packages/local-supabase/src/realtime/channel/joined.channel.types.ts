import type { ChannelPolicies } from '../authorization/channel.policies.ts';
import type { TopicMember } from '../broadcast/topic.hub.ts';
import type { PresenceMember } from '../presence/presence.rooms.ts';
import type { Serializer } from '../protocol/frame.types.ts';
import type { RateCounter } from '../rate.counter.ts';
import type { RealtimeServices } from '../realtime.services.ts';
import type { JoinConfig } from './join.config.ts';

/** The socket as its channels see it. */
export interface ChannelSocket {
  readonly serializer: Serializer;
  /** The token of the API key the socket was opened with. */
  readonly apiToken: string;
  /** The request's own `x-…` headers, which policies may read. */
  readonly headers: Readonly<Record<string, string>>;
  readonly events: RateCounter;
  readonly presenceEvents: RateCounter;
  send(data: string | Buffer): void;
  /** The channel is over; its topic may be joined again. */
  forget(channel: JoinedChannel): void;
}

/** A channel as those see it who handle one kind of its messages. */
export interface JoinedChannel extends TopicMember, PresenceMember {
  /** The topic without its prefix, as policies and senders know it. */
  readonly subTopic: string;
  readonly room: string;
  readonly config: JoinConfig;
  readonly services: RealtimeServices;
  readonly socket: ChannelSocket;
  /** Undefined on a public channel: everything is allowed. */
  readonly policies: ChannelPolicies | undefined;
  readonly closed: boolean;
  hearsPresence: boolean;
  push(event: string, payload: unknown): void;
  reply(ref: string | null, status: 'ok' | 'error', response: Record<string, unknown>): void;
  /** @param extension what the message is about: the channel itself, or its changes */
  system(extension: 'system' | 'postgres_changes', status: 'ok' | 'error', message: string): void;
  /** Says why, then closes. */
  shutdown(message: string): void;
}
