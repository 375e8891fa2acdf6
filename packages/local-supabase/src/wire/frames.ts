/** One message: its type letter (empty for the untyped packets before the session) and its body. */
export interface Frame {
  readonly type: string;
  /** The whole message, with type and length. */
  readonly bytes: Buffer;
  readonly body: Buffer;
}

/** Longer messages than a gigabyte are no messages. */
const MAX_LENGTH = 2 ** 30;

export class MalformedFrame extends Error {
  override readonly name = 'MalformedFrame';
}

/** Cuts a byte stream into messages, whatever pieces it arrives in. */
export class FrameReader {
  private pieces: Buffer[] = [];
  private size = 0;
  private needed = 0;

  /** @param typed false while messages carry no type letter (startup). */
  typed: boolean;
  private readonly maxLength: number;

  constructor(typed: boolean, maxLength = MAX_LENGTH) {
    this.typed = typed;
    this.maxLength = maxLength;
  }

  /** @throws MalformedFrame */
  *push(chunk: Uint8Array): Generator<Frame> {
    this.pieces.push(Buffer.from(chunk.buffer, chunk.byteOffset, chunk.byteLength));
    this.size += chunk.length;
    while (this.size >= Math.max(this.needed, this.headerSize)) {
      const buffer = this.pieces.length === 1 ? this.pieces[0] : Buffer.concat(this.pieces, this.size);
      if (!buffer) return;
      this.pieces = [buffer];
      const header = this.headerSize;
      const length = buffer.readInt32BE(header - 4);
      if (length < 4 || length > this.maxLength) throw new MalformedFrame(`invalid message length ${length}`);
      const total = length + header - 4;
      if (buffer.length < total) {
        this.needed = total;
        return;
      }
      const bytes = buffer.subarray(0, total);
      const rest = buffer.subarray(total);
      this.pieces = rest.length > 0 ? [rest] : [];
      this.size = rest.length;
      this.needed = 0;
      yield {
        type: header === 5 ? String.fromCharCode(bytes[0] ?? 0) : '',
        bytes,
        body: bytes.subarray(header),
      };
    }
  }

  private get headerSize(): number {
    return this.typed ? 5 : 4;
  }
}
