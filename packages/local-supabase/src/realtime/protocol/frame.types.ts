/** One message of the Phoenix protocol, whatever its version. */
export interface Frame {
  readonly joinRef: string | null;
  readonly ref: string | null;
  readonly topic: string;
  readonly event: string;
  readonly payload: unknown;
}

/** What a client broadcasts, in one of two shapes: as its JSON frame said it, or as a binary frame with opaque bytes. */
export type BroadcastMessage =
  | { readonly kind: 'json'; readonly payload: Record<string, unknown> }
  | {
      readonly kind: 'user';
      readonly event: string;
      readonly encoding: 'json' | 'binary';
      readonly bytes: Buffer;
      readonly meta?: Record<string, unknown>;
    };

/** A binary broadcast as it arrived: the payload of a `broadcast` frame. */
export class UserBroadcast {
  readonly event: string;
  readonly encoding: 'json' | 'binary';
  readonly bytes: Buffer;
  readonly metadata: Record<string, unknown>;

  constructor(event: string, encoding: 'json' | 'binary', bytes: Buffer, metadata: Record<string, unknown>) {
    this.event = event;
    this.encoding = encoding;
    this.bytes = bytes;
    this.metadata = metadata;
  }
}

/** One version of the protocol on the wire. `decode` throws on what is no frame. */
export interface Serializer {
  decode(data: Buffer, isBinary: boolean): Frame;
  encode(frame: Frame): string;
  /** Undefined when this version cannot carry the message: binary payloads need version 2. */
  encodeBroadcast(topic: string, message: BroadcastMessage): string | Buffer | undefined;
}
