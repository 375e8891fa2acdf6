/** What all buffers of this process may hold together. */
export class BufferBudget {
  used = 0;
  /** @param bytes - how much */
  constructor(readonly bytes = 268_435_456) {}
}

/** How much one buffer keeps. The newest event is kept however large it is. */
export interface BufferLimits {
  events: number;
  bytes: number;
}

interface Kept {
  frame: string;
  bytes: number;
}

/** What a reader gets next: text for an event stream, and where he is then. */
export interface Chunk {
  text: string;
  cursor: number;
}

/** Sent at once to a reader who has fallen behind, at most, in characters. */
const CHUNK = 65_536;

/**
 * The newest events of one subscription, numbered from 1, as frames of an event stream. When it is full the oldest ones
 * go; a reader who has not had them is told how many.
 */
export class EventBuffer {
  private readonly kept: Kept[] = [];
  private bytes = 0;
  /** The number of the newest event that is gone. */
  private dropped = 0;

  constructor(
    private readonly limits: BufferLimits,
    private readonly budget: BufferBudget,
  ) {}

  /** The number of the newest event; 0 before the first. */
  get last(): number {
    return this.dropped + this.kept.length;
  }

  /** @param data - what the event says, as JSON on one line */
  add(data: string, name?: string): void {
    const frame = frameOf(this.last + 1, data, name);
    const bytes = Buffer.byteLength(frame);
    this.kept.push({ frame, bytes });
    this.count(bytes);
    while (this.kept.length > 1 && this.isFull()) this.drop();
  }

  /** What comes after the event of that number; undefined when there is nothing yet. */
  after(cursor: number): Chunk | undefined {
    if (cursor < this.dropped) {
      const data = JSON.stringify({ lost: this.dropped - cursor, reason: 'buffer_full' });
      return { text: frameOf(this.dropped, data, 'lost'), cursor: this.dropped };
    }
    let text = '';
    let next = cursor;
    while (next < this.last && text.length < CHUNK) {
      text += this.kept[next - this.dropped]?.frame ?? '';
      next += 1;
    }
    return next === cursor ? undefined : { text, cursor: next };
  }

  /** Gives back what it holds. */
  clear(): void {
    while (this.kept.length > 0) this.drop();
  }

  private isFull(): boolean {
    return (
      this.kept.length > this.limits.events ||
      this.bytes > this.limits.bytes ||
      this.budget.used > this.budget.bytes
    );
  }

  private drop(): void {
    this.count(-(this.kept.shift()?.bytes ?? 0));
    this.dropped += 1;
  }

  private count(bytes: number): void {
    this.bytes += bytes;
    this.budget.used += bytes;
  }
}

/** One event as the event stream format has it. Messages have no name: `onmessage` of an EventSource hears them. */
function frameOf(id: number, data: string, name?: string): string {
  return `id: ${String(id)}\n${name === undefined ? '' : `event: ${name}\n`}data: ${data}\n\n`;
}
