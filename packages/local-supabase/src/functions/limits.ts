/** What one function may use. The numbers are those of Supabase's own local runtime, where it has them. */
export interface FunctionLimits {
  /** From a request to the head of its answer; then 504. */
  readonly answerMs: number;
  /** From a request to the end of its answer; then the connection is cut. */
  readonly wallClockMs: number;
  /** From the start of a worker until it serves, without the time for fetching what it imports. */
  readonly bootMs: number;
  /** How long a worker waits, in all, until what it imports has been fetched. */
  readonly fetchMs: number;
  /** How long a worker with requests may not come back to its event loop: an endless loop is ended after it. */
  readonly stuckMs: number;
  /** Heap of one worker, and also what it may hold outside of the heap (buffers). MiB. */
  readonly memoryMiB: number;
  /** A worker nobody calls is ended after this. */
  readonly idleMs: number;
}

export const FUNCTION_LIMITS: FunctionLimits = {
  answerMs: 150_000,
  wallClockMs: 400_000,
  bootMs: 30_000,
  fetchMs: 180_000,
  stuckMs: 5_000,
  memoryMiB: 256,
  idleMs: 300_000,
};
