/** How far a transfer has come, in bytes. */
export interface Progress {
  loaded: number;
  /** Undefined where nobody has said. */
  total: number | undefined;
}

export type ProgressListener = (progress: Progress) => void;

/** The same stream, telling what has gone through. Nothing is held back: who reads slowly slows the source. */
export function counted(
  stream: ReadableStream<Uint8Array>,
  total: number | undefined,
  onProgress: ProgressListener,
): ReadableStream<Uint8Array> {
  let loaded = 0;
  return stream.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform: (chunk, controller) => {
        loaded += chunk.byteLength;
        controller.enqueue(chunk);
        onProgress({ loaded, total });
      },
    }),
  );
}
