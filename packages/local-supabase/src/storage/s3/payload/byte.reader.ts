import { S3_ERRORS } from '../errors/s3.errors.ts';

/** Reads lines and counted bytes from pieces that are cut anywhere, without gathering more than a line. */
export class ByteReader {
  readonly #pieces: AsyncGenerator<Buffer, void>;
  #rest: Buffer = Buffer.alloc(0);

  constructor(pieces: AsyncGenerator<Buffer, void>) {
    this.#pieces = pieces;
  }

  /** Whether nothing follows. */
  async ended(): Promise<boolean> {
    while (this.#rest.length === 0) {
      const next = await this.#pieces.next();
      if (next.done === true) return true;
      this.#rest = next.value;
    }
    return false;
  }

  /**
   * The text up to the next CRLF.
   * @param limit - in bytes
   * @throws StorageError InvalidRequest for a longer one, IncompleteBody where none ends
   */
  async line(limit: number): Promise<string> {
    for (;;) {
      const end = this.#rest.indexOf('\r\n');
      if (end > limit || (end === -1 && this.#rest.length > limit + 1)) throw S3_ERRORS.malformedChunk();
      if (end !== -1) {
        const text = this.#rest.toString('latin1', 0, end);
        this.#rest = this.#rest.subarray(end + 2);
        return text;
      }
      const next = await this.#pieces.next();
      if (next.done === true) throw S3_ERRORS.incompleteBody();
      this.#rest = this.#rest.length === 0 ? next.value : Buffer.concat([this.#rest, next.value]);
    }
  }

  /** The next `count` bytes, as they come. @throws StorageError IncompleteBody */
  async *take(count: number): AsyncGenerator<Buffer> {
    for (let left = count; left > 0;) {
      if (await this.ended()) throw S3_ERRORS.incompleteBody();
      const piece = this.#rest.subarray(0, left);
      this.#rest = this.#rest.subarray(piece.length);
      left -= piece.length;
      yield piece;
    }
  }
}
