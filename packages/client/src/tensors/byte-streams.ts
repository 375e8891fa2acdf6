const CHUNK_BYTES = 65_536;

/** The parts, one after another. Nothing is copied, and nothing made before it is read. */
export function concatenated(
  ...parts: readonly (Uint8Array<ArrayBuffer> | (() => Promise<ReadableStream<Uint8Array>>))[]
): ReadableStream<Uint8Array> {
  const source = chunksOf(parts);
  return new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await source.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async () => {
      await source.return(undefined);
    },
  });
}

async function* chunksOf(
  parts: readonly (Uint8Array<ArrayBuffer> | (() => Promise<ReadableStream<Uint8Array>>))[],
): AsyncGenerator<Uint8Array, void> {
  for (const part of parts) {
    if (part instanceof Uint8Array) {
      for (let at = 0; at < part.length; at += CHUNK_BYTES) yield part.subarray(at, at + CHUNK_BYTES);
    } else yield* readAll(await part());
  }
}

async function* readAll(stream: ReadableStream<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  const reader = stream.getReader();
  try {
    for (let next = await reader.read(); !next.done; next = await reader.read()) yield next.value;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}

/** The same stream, which breaks off unless it is exactly so long: what is stored is whole or not at all. */
export function exactly(stream: ReadableStream<Uint8Array>, size: number): ReadableStream<Uint8Array> {
  let seen = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        seen += chunk.byteLength;
        if (seen > size) throw new RangeError(`There are more than the ${String(size)} bytes of the shape`);
        controller.enqueue(chunk);
      },
      flush: () => {
        if (seen < size) throw new RangeError(`There are ${String(seen)} bytes, not ${String(size)}`);
      },
    }),
  );
}

/** The same stream, of which the last piece is held back until `check` has nothing against it. */
export function checkedAtEnd(
  stream: ReadableStream<Uint8Array>,
  check: () => Promise<void>,
): ReadableStream<Uint8Array> {
  let last: Uint8Array | undefined;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        if (last) controller.enqueue(last);
        last = chunk;
      },
      flush: async (controller) => {
        await check();
        if (last) controller.enqueue(last);
      },
    }),
  );
}
