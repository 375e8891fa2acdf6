import { asBroadcast } from '../broadcast/messages.repository.ts';
import { REFUSALS, cannotRead } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { BroadcastMessage } from '../protocol/frame.types.ts';
import type { JoinedChannel } from './joined.channel.types.ts';

/** A message sent before the client joined. */
export interface Replayed {
  readonly id: string;
  readonly data: BroadcastMessage;
}

/**
 * The stored messages a joining client asked for with `broadcast.replay: {since, limit?}`; none if it did not.
 * @throws RealtimeRefusal on a public channel, without permission, or with parameters that are none
 */
export async function loadReplay(channel: JoinedChannel): Promise<Replayed[]> {
  const { replay, isPrivate } = channel.config;
  if (!replay) return [];
  if (!isPrivate) throw REFUSALS.replayOnPublic;
  if (!channel.receivesBroadcasts) throw cannotRead(channel.subTopic);
  const { since = 0, limit = LIMITS.replayed } = replay;
  if (!Number.isInteger(since) || !Number.isInteger(limit)) throw REFUSALS.replayParameters;
  const stored = await channel.services.messages.latest(channel.subTopic, Number(since), Number(limit));
  return stored.map((message) => ({
    id: message.id,
    data: asBroadcast(message, { replayed: true, id: message.id }),
  }));
}
