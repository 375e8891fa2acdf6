import type { BroadcastMessage, Frame } from './frame.types.ts';
import { UserBroadcast } from './frame.types.ts';
import { isRecord } from './value.checks.ts';

/** Kinds of binary frames: the first byte. */
const PUSH = 3;
const DELIVERY = 4;
const JSON_ENCODING = 1;

/**
 * A broadcast from a client: the kind, the sizes of join ref, ref, topic, event and metadata (a byte each), the
 * encoding of the payload, then these texts and the payload itself.
 */
export function decodeUserBroadcastPush(data: Buffer): Frame {
  if (data[0] !== PUSH || data.length < 7) throw new TypeError('unknown binary frame');
  let offset = 7;
  const texts = [...data.subarray(1, 6)].map((size) => {
    const text = data.subarray(offset, offset + size);
    if (text.length < size) throw new TypeError('a binary frame is too short');
    offset += size;
    return text.toString('utf8');
  });
  const [joinRef = '', ref = '', topic = '', event = '', metadataText = ''] = texts;
  const metadata: unknown = metadataText ? JSON.parse(metadataText) : {};
  const encoding = data[6] === JSON_ENCODING ? 'json' : 'binary';
  // The reader's buffer is its own: frames are reused by the socket, a broadcast may outlive this one.
  const bytes = Buffer.from(data.subarray(offset));
  return {
    joinRef: joinRef || null,
    ref: ref || null,
    topic,
    event: 'broadcast',
    payload: new UserBroadcast(event, encoding, bytes, isRecord(metadata) ? metadata : {}),
  };
}

/** A broadcast to a client; undefined when a text is longer than its size byte can say. */
export function encodeUserBroadcast(
  topic: string,
  message: Extract<BroadcastMessage, { kind: 'user' }>,
): Buffer | undefined {
  const texts = [topic, message.event, message.meta ? JSON.stringify(message.meta) : ''].map((text) =>
    Buffer.from(text, 'utf8'),
  );
  if (texts.some((text) => text.length > 255)) return undefined;
  const head = [
    DELIVERY,
    ...texts.map((text) => text.length),
    message.encoding === 'json' ? JSON_ENCODING : 0,
  ];
  return Buffer.concat([Buffer.from(head), ...texts, message.bytes]);
}
