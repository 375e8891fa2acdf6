import { Readable } from 'node:stream';
import type { EventBuffer } from './event-buffer.js';

const KEEP_ALIVE = ': keep-alive\n\n';
/** Sent first, so that the headers go out at once; a client that loses the stream comes back after this. */
const GREETING = 'retry: 1000\n\n';

/**
 * One reader of a subscription. It takes from the buffer only what its client takes from it, so a slow one holds
 * nothing but its place.
 */
export class EventStream extends Readable {
  private idle = false;
  private greeted = false;

  /**
   * @param cursor - the number of the event it goes on after
   * @param connection - where it goes
   */
  constructor(
    private readonly buffer: EventBuffer,
    public cursor: number,
    private readonly connection: { destroy(): void },
    private readonly onClose: (stream: EventStream) => void,
  ) {
    super({ highWaterMark: 16_384 });
  }

  override _read(): void {
    if (!this.greeted) {
      this.greeted = true;
      this.push(GREETING);
      return;
    }
    const chunk = this.buffer.after(this.cursor);
    this.idle = chunk === undefined;
    if (!chunk) return;
    this.cursor = chunk.cursor;
    this.push(chunk.text);
  }

  override _destroy(error: Error | null, done: (error?: Error | null) => void): void {
    this.onClose(this);
    done(error);
  }

  /** There is something new in the buffer. */
  wake(): void {
    if (this.idle) this._read();
  }

  /** Shows the client, and everything between, that the stream lives. One who is busy reading knows. */
  keepAlive(): void {
    if (this.idle) this.push(KEEP_ALIVE);
  }

  /** Says why, and ends. What was not read yet is not sent. */
  finish(farewell: string): void {
    this.idle = false;
    if (this.readableEnded || this.destroyed) return;
    this.push(farewell);
    this.push(null);
  }

  /** Ends the connection, whatever has not been taken from it yet. */
  cut(): void {
    this.connection.destroy();
  }
}
