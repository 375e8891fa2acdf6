/** A cyclic redundancy check in the making, the least significant bit first. */
export class Crc {
  readonly #high: Uint32Array;
  readonly #low: Uint32Array;
  readonly #bytes: 4 | 8;
  #h = 0xffffffff;
  #l = 0xffffffff;

  /** @param polynomial - reversed, of 32 or 64 bits */
  constructor(polynomial: bigint, bits: 32 | 64) {
    const table = tableOf(polynomial);
    this.#high = table.high;
    this.#low = table.low;
    this.#bytes = bits === 64 ? 8 : 4;
    if (bits === 32) this.#h = 0;
  }

  update(piece: Buffer): void {
    let [high, low] = [this.#h, this.#l];
    for (const byte of piece) {
      const index = (low ^ byte) & 0xff;
      low = ((low >>> 8) | (high << 24)) ^ (this.#low[index] ?? 0);
      high = (high >>> 8) ^ (this.#high[index] ?? 0);
    }
    [this.#h, this.#l] = [high >>> 0, low >>> 0];
  }

  /** In the order of the network. */
  digest(): Buffer {
    const bytes = Buffer.alloc(this.#bytes);
    if (this.#bytes === 8) bytes.writeUInt32BE(~this.#h >>> 0, 0);
    bytes.writeUInt32BE(~this.#l >>> 0, this.#bytes - 4);
    return bytes;
  }
}

interface Table {
  readonly high: Uint32Array;
  readonly low: Uint32Array;
}

const tables = new Map<bigint, Table>();

function tableOf(polynomial: bigint): Table {
  const known = tables.get(polynomial);
  if (known) return known;
  const table = { high: new Uint32Array(256), low: new Uint32Array(256) };
  for (let index = 0; index < 256; index += 1) {
    let value = BigInt(index);
    for (let bit = 0; bit < 8; bit += 1) value = value & 1n ? (value >> 1n) ^ polynomial : value >> 1n;
    table.high[index] = Number(value >> 32n);
    table.low[index] = Number(value & 0xffffffffn);
  }
  tables.set(polynomial, table);
  return table;
}
