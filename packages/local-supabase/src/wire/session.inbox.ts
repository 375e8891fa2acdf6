import type { Frame } from './frames.ts';

/** Messages that make the client wait for an answer: Query, FunctionCall, Sync, Flush. */
const SENDS = new Set(['Q', 'F', 'S', 'H']);

/** What a client has said and Postgres has not heard yet. */
export class SessionInbox {
  private frames: Frame[] = [];

  /** True when the client waits for an answer from then on. */
  put(frame: Frame): boolean {
    this.frames.push(frame);
    return SENDS.has(frame.type);
  }

  /** Whether the client waits for an answer. */
  get isDue(): boolean {
    return this.frames.some((frame) => SENDS.has(frame.type));
  }

  /** All up to the last message that wants an answer; what stands behind it is not complete. */
  takeDue(): Frame[] {
    const end = this.frames.findLastIndex((frame) => SENDS.has(frame.type)) + 1;
    return this.frames.splice(0, end);
  }

  takeAll(): Frame[] {
    return this.frames.splice(0);
  }
}
