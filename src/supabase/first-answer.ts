/** Bounds the time until an answer begins, but not how long it streams. */
export class FirstAnswer {
  private readonly controller = new AbortController();
  /** Ends the call: when the time is over, or when whoever asked has left. */
  readonly signal: AbortSignal;
  private isOver = false;
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly timeoutMs: number,
    private readonly left: AbortSignal | undefined,
  ) {
    const { signal } = this.controller;
    this.signal = left ? AbortSignal.any([signal, left]) : signal;
  }

  /** Whether nobody waits for the answer any more. */
  get wasLeft(): boolean {
    return this.left?.aborted ?? false;
  }

  /** The request has been sent completely: from now on the time runs. */
  expect(): void {
    if (this.isOver) return;
    this.timer ??= setTimeout(
      () => this.controller.abort(new Error('The answer did not begin in time')),
      this.timeoutMs,
    );
  }

  /** The answer has begun, or nothing will come. */
  arrived(): void {
    // An answer may begin before the request has been sent; nothing is to run after it.
    this.isOver = true;
    clearTimeout(this.timer);
  }
}
