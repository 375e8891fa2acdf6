import { REPLY_REASONS } from '../errors.ts';
import { LIMITS } from '../limits.ts';
import type { BroadcastMessage, Frame } from '../protocol/frame.types.ts';
import { UserBroadcast } from '../protocol/frame.types.ts';
import { isRecord } from '../protocol/value.checks.ts';
import type { JoinedChannel } from './joined.channel.types.ts';

/** Sends a client's broadcast to the others; confirms it only when the channel was joined with `ack`. */
export async function handleBroadcast(channel: JoinedChannel, frame: Frame): Promise<void> {
  const { ack, self, isPrivate } = channel.config;
  const answer = (problem?: string): void => {
    if (ack) channel.reply(frame.ref, problem ? 'error' : 'ok', problem ? { error: problem } : {});
  };
  const message = readBroadcast(frame.payload);
  if (!message) return;
  if (channel.policies && !(await channel.policies.mayWrite('broadcast'))) {
    answer(REPLY_REASONS.cannotWrite);
    return;
  }
  if (sizeOf(message) > LIMITS.payloadBytes) {
    answer(REPLY_REASONS.payloadTooLarge);
    return;
  }
  const persist = persistOf(frame.payload);
  if (persist) {
    const problem = isPrivate ? await store(channel, message, persist.ttl) : REPLY_REASONS.persistPublic;
    if (problem) {
      channel.reply(frame.ref, 'error', { reason: problem, error: problem });
      return;
    }
  }
  channel.services.hub.broadcast(channel.room, message, self ? undefined : channel);
  answer();
}

async function store(
  channel: JoinedChannel,
  message: BroadcastMessage,
  ttl: number | undefined,
): Promise<string | undefined> {
  if (!(await channel.policies?.mayWrite('persistence'))) return REPLY_REASONS.persistRefused;
  await channel.services.messages.store(channel.subTopic, message, ttl);
  return undefined;
}

function readBroadcast(payload: unknown): BroadcastMessage | undefined {
  if (payload instanceof UserBroadcast) {
    return { kind: 'user', event: payload.event, encoding: payload.encoding, bytes: payload.bytes };
  }
  return isRecord(payload) ? { kind: 'json', payload } : undefined;
}

/** `persist` is true, or how many seconds to keep the message. */
function persistOf(payload: unknown): { ttl: number | undefined } | undefined {
  const said = payload instanceof UserBroadcast ? payload.metadata : payload;
  const persist = isRecord(said) ? said.persist : undefined;
  if (persist === true) return { ttl: undefined };
  if (!isRecord(persist)) return undefined;
  return { ttl: typeof persist.ttl === 'number' ? persist.ttl : undefined };
}

const sizeOf = (message: BroadcastMessage): number =>
  message.kind === 'user' ? message.bytes.length : Buffer.byteLength(JSON.stringify(message.payload));
