import type { Run } from './slice-plan.ts';

/** Bytes between two runs that are rather read along than asked for by a request of their own. */
const GAP_BYTES = 65_536;
/** Bytes of one request, unless one run alone is longer. */
const REQUEST_BYTES = 8 * 1024 * 1024;

/** One request, and what of its answer belongs where. */
interface Batch {
  start: number;
  end: number;
  runs: Run[];
}

/** Runs that are near to each other in one request, so that a slice costs few of them. In bytes. */
export function* batched(runs: Iterable<Run>, bytesOfOne: number): Generator<Batch> {
  let batch: Batch | undefined;
  for (const { offset, length } of runs) {
    const run = { offset: offset * bytesOfOne, length: length * bytesOfOne };
    const end = run.offset + run.length;
    const fits = batch && run.offset - batch.end <= GAP_BYTES && end - batch.start <= REQUEST_BYTES;
    if (batch && fits) {
      batch.runs.push(run);
      batch.end = end;
    } else {
      if (batch) yield batch;
      batch = { start: run.offset, end, runs: [run] };
    }
  }
  if (batch) yield batch;
}

/**
 * Fills `target` with the runs of a batch, as its bytes come; nothing more is held.
 * @returns how many bytes were filled
 * @throws RangeError when the bytes end too early
 */
export async function fillFrom(
  body: ReadableStream<Uint8Array>,
  { start, runs }: Batch,
  target: Uint8Array,
): Promise<number> {
  const reader = body.getReader();
  let at = start;
  let filled = 0;
  let index = 0;
  try {
    while (index < runs.length) {
      const { done, value } = await reader.read();
      if (done) throw new RangeError('The file ends before its numbers do');
      for (let run = runs[index]; run && run.offset < at + value.length; run = runs[index]) {
        const from = Math.max(run.offset, at);
        const to = Math.min(run.offset + run.length, at + value.length);
        target.set(value.subarray(from - at, to - at), filled);
        filled += to - from;
        if (to < run.offset + run.length) break;
        index++;
      }
      at += value.length;
    }
    return filled;
  } finally {
    await reader.cancel().catch(() => undefined);
  }
}
