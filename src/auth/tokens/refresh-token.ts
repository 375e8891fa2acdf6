import { createHmac, timingSafeEqual } from 'node:crypto';

/** One refresh token of a session: the first has generation 1, each use makes the next. */
export interface RefreshToken {
  sessionId: string;
  generation: number;
}

const ID_BYTES = 16;
const BODY_BYTES = ID_BYTES + 4;
const LENGTH = BODY_BYTES + 32;

/**
 * The refresh tokens of the API's own: 52 bytes that nobody else can make, of which nothing needs to be stored but the
 * session's present generation. Made-up ones are refused without asking the database.
 */
export class RefreshTokenCodec {
  constructor(private readonly key: Buffer) {}

  encode({ sessionId, generation }: RefreshToken): string {
    const body = Buffer.alloc(BODY_BYTES);
    body.write(sessionId.replaceAll('-', ''), 'hex');
    body.writeUInt32BE(generation, ID_BYTES);
    return Buffer.concat([body, this.seal(body)]).toString('base64url');
  }

  /** What a token says; null for one that we have not made. */
  decode(token: string): RefreshToken | null {
    const bytes = Buffer.from(token, 'base64url');
    if (bytes.length !== LENGTH || bytes.toString('base64url') !== token) return null;
    const body = bytes.subarray(0, BODY_BYTES);
    if (!timingSafeEqual(bytes.subarray(BODY_BYTES), this.seal(body))) return null;
    return {
      sessionId: body
        .toString('hex', 0, ID_BYTES)
        .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5'),
      generation: body.readUInt32BE(ID_BYTES),
    };
  }

  private seal(body: Buffer): Buffer {
    return createHmac('sha256', this.key).update(body).digest();
  }
}
