import { decodeUserBroadcastPush, encodeUserBroadcast } from './user.broadcast.frame.ts';
import type { Frame, Serializer } from './frame.types.ts';
import { asJsonPayload } from './json.v1.serializer.ts';
import { refOf, textOf } from './value.checks.ts';

/** Version 2.0.0: each message is a JSON array; broadcasts may be binary. */
export const jsonV2: Serializer = {
  decode(data, isBinary): Frame {
    if (isBinary) return decodeUserBroadcastPush(data);
    const frame: unknown = JSON.parse(data.toString('utf8'));
    if (!Array.isArray(frame) || frame.length < 5) throw new TypeError('a frame is an array of five');
    const [joinRef, ref, topic, event, payload] = frame as unknown[];
    return { joinRef: refOf(joinRef), ref: refOf(ref), topic: textOf(topic), event: textOf(event), payload };
  },

  encode(frame): string {
    return JSON.stringify([frame.joinRef, frame.ref, frame.topic, frame.event, frame.payload]);
  },

  encodeBroadcast(topic, message) {
    if (message.kind === 'user') {
      const frame = encodeUserBroadcast(topic, message);
      if (frame) return frame;
    }
    const payload = asJsonPayload(message);
    return payload && JSON.stringify([null, null, topic, 'broadcast', payload]);
  },
};
