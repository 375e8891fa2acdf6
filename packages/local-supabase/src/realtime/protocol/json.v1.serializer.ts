import type { BroadcastMessage, Frame, Serializer } from './frame.types.ts';
import { isRecord, refOf, textOf } from './value.checks.ts';

/** A binary frame's JSON bytes as the payload that JSON frames have; undefined for opaque bytes. */
export function asJsonPayload(message: BroadcastMessage): Record<string, unknown> | undefined {
  if (message.kind === 'json') return message.payload;
  if (message.encoding === 'binary') return undefined;
  const payload: unknown = JSON.parse(message.bytes.toString('utf8'));
  return {
    type: 'broadcast',
    event: message.event,
    payload,
    ...(message.meta ? { meta: message.meta } : {}),
  };
}

/** Version 1.0.0: each message is a JSON object. */
export const jsonV1: Serializer = {
  decode(data, isBinary): Frame {
    if (isBinary) throw new TypeError('version 1.0.0 has no binary frames');
    const frame: unknown = JSON.parse(data.toString('utf8'));
    if (!isRecord(frame)) throw new TypeError('a frame is an object');
    return {
      joinRef: refOf(frame.join_ref),
      ref: refOf(frame.ref),
      topic: textOf(frame.topic),
      event: textOf(frame.event),
      payload: frame.payload,
    };
  },

  encode(frame): string {
    return JSON.stringify({ ref: frame.ref, topic: frame.topic, event: frame.event, payload: frame.payload });
  },

  encodeBroadcast(topic, message) {
    const payload = asJsonPayload(message);
    return payload && JSON.stringify({ ref: null, topic, event: 'broadcast', payload });
  },
};
