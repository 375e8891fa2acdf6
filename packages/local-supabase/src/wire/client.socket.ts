import type { Socket } from 'node:net';
import { errorResponse, readyForQuery } from './messages.ts';

/** Output that the client has not read yet; beyond it Postgres waits. */
const MAX_UNSENT = 4 * 1024 * 1024;
/** A client that reads nothing for so long, while everybody waits, is gone. */
const STALLED_MS = 30_000;

/** The way to a session's client. */
export class ClientSocket {
  private readonly socket: Socket;

  constructor(socket: Socket) {
    this.socket = socket;
  }

  write(bytes: Buffer): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  /** Sends output of Postgres; `taken` is called once the client keeps up with it, or is gone. */
  deliver(bytes: Buffer, taken: () => void): void {
    if (bytes.length > 0) this.write(bytes);
    if (this.socket.destroyed || this.socket.writableLength < MAX_UNSENT) {
      taken();
      return;
    }
    const stalled = setTimeout(() => this.socket.destroy(), STALLED_MS);
    const done = (): void => {
      clearTimeout(stalled);
      this.socket.off('drain', done).off('close', done);
      taken();
    };
    this.socket.once('drain', done).once('close', done);
  }

  /** Says that a statement failed outside a transaction, and that the next one may come. */
  refuse(code: string, message: string): void {
    this.write(errorResponse({ severity: 'ERROR', code, message }));
    this.write(readyForQuery('I'));
  }

  /** Says why the connection ends, and ends it. */
  dismiss(code: string, message: string): void {
    this.write(errorResponse({ severity: 'FATAL', code, message }));
    this.socket.end();
  }

  /** Ends it when all has been sent. */
  end(): void {
    this.socket.end();
  }

  /** Ends it at once. */
  destroy(): void {
    this.socket.destroy();
  }

  /** Reads nothing more until `resume`. */
  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }
}
