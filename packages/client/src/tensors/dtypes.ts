/** What a tensor's numbers are. */
export type Dtype = keyof ArrayOf;

/** The array that holds them. Booleans are bytes of 0 and 1. */
export interface ArrayOf {
  bool: Uint8Array;
  int8: Int8Array;
  int16: Int16Array;
  int32: Int32Array;
  int64: BigInt64Array;
  uint8: Uint8Array;
  uint16: Uint16Array;
  uint32: Uint32Array;
  uint64: BigUint64Array;
  float32: Float32Array;
  float64: Float64Array;
}

export type TensorData = ArrayOf[Dtype];

interface Kind {
  /** In NumPy's words, little-endian. */
  descr: string;
  /** Bytes of one number. */
  size: number;
  arrayOn: (buffer: ArrayBuffer) => TensorData;
}

const KINDS: Readonly<Record<Dtype, Kind>> = {
  bool: { descr: '|b1', size: 1, arrayOn: (buffer) => new Uint8Array(buffer) },
  int8: { descr: '|i1', size: 1, arrayOn: (buffer) => new Int8Array(buffer) },
  int16: { descr: '<i2', size: 2, arrayOn: (buffer) => new Int16Array(buffer) },
  int32: { descr: '<i4', size: 4, arrayOn: (buffer) => new Int32Array(buffer) },
  int64: { descr: '<i8', size: 8, arrayOn: (buffer) => new BigInt64Array(buffer) },
  uint8: { descr: '|u1', size: 1, arrayOn: (buffer) => new Uint8Array(buffer) },
  uint16: { descr: '<u2', size: 2, arrayOn: (buffer) => new Uint16Array(buffer) },
  uint32: { descr: '<u4', size: 4, arrayOn: (buffer) => new Uint32Array(buffer) },
  uint64: { descr: '<u8', size: 8, arrayOn: (buffer) => new BigUint64Array(buffer) },
  float32: { descr: '<f4', size: 4, arrayOn: (buffer) => new Float32Array(buffer) },
  float64: { descr: '<f8', size: 8, arrayOn: (buffer) => new Float64Array(buffer) },
};

export const descrOf = (dtype: Dtype): string => KINDS[dtype].descr;
export const bytesOf = (dtype: Dtype): number => KINDS[dtype].size;

/** The numbers in a buffer. */
export const arrayOn = (dtype: Dtype, buffer: ArrayBuffer): TensorData => KINDS[dtype].arrayOn(buffer);

/** The dtype NumPy calls so; undefined for one that is not supported. A single byte has no order. */
export function dtypeOf(descr: string): Dtype | undefined {
  const plain = /^[<>=|][biu]1$/.test(descr) ? `|${descr.slice(1)}` : descr.replace('=', '<');
  const found = Object.entries(KINDS).find(([, kind]) => kind.descr === plain);
  return found?.[0] as Dtype | undefined;
}

/** What an array holds, where it does not say: bytes are numbers, not booleans. */
export function dtypeOfArray(data: TensorData): Dtype {
  const name = data.constructor.name
    .replace(/Array$/, '')
    .replace(/^Big/, '')
    .toLowerCase();
  return (Object.keys(KINDS) as Dtype[]).find((dtype) => dtype === name) ?? 'uint8';
}
