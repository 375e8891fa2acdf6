const HEADER = 5;
const READY_FOR_QUERY = 0x5a;
/** Parse, Bind, Describe, Execute, Close, Flush: after an error in one of these Postgres is ready at the next Sync only. */
const EXTENDED = new Set(['P', 'B', 'D', 'E', 'C', 'H']);

/**
 * PGlite 0.5.8 says that it is ready after every error, also where the protocol wants it to wait for Sync, which makes it
 * say so twice. This takes the first one out of what it puts out.
 */
export class EarlyReady {
  private header: number[] = [];
  private bodyLeft = 0;
  private omitting = false;
  private expected = false;

  /** @param input - complete messages; @param consumed - how far they were read when the error came */
  failedAt(input: Uint8Array, consumed: number): void {
    let type = '';
    for (let at = 0; at < consumed;) {
      type = String.fromCharCode(input[at] ?? 0);
      at += 1 + new DataView(input.buffer, input.byteOffset + at + 1, 4).getInt32(0);
    }
    this.expected = EXTENDED.has(type);
  }

  /** What is left of a piece of output. Headers are held back until they are whole. */
  filter(bytes: Uint8Array): Uint8Array {
    const kept: Uint8Array[] = [];
    for (let at = 0; at < bytes.length;) {
      if (this.bodyLeft === 0) {
        this.header.push(bytes[at] ?? 0);
        at += 1;
        if (this.header.length === HEADER) kept.push(...this.beginFrame());
        continue;
      }
      const piece = bytes.subarray(at, at + this.bodyLeft);
      if (!this.omitting) kept.push(piece);
      this.bodyLeft -= piece.length;
      at += piece.length;
    }
    return Buffer.concat(kept);
  }

  private beginFrame(): Uint8Array[] {
    const header = Buffer.from(this.header);
    this.header = [];
    this.bodyLeft = header.readInt32BE(1) - 4;
    this.omitting = this.expected && header[0] === READY_FOR_QUERY;
    if (!this.omitting) return [header];
    this.expected = false;
    return [];
  }
}
