import type { Engine } from '../postgres/engine.ts';
import type { ClientSocket } from './client.socket.ts';
import type { Frame } from './frames.ts';
import { copyFail, sync } from './messages.ts';
import type { SessionOutput } from './session.output.ts';

/** COPY data on its way to Postgres; beyond it the client waits. */
const MAX_UNFED = 4 * 1024 * 1024;

/** What COPY FROM STDIN takes from a client to Postgres. */
export class CopyInput {
  private readonly client: ClientSocket;
  private readonly engine: Engine;
  private readonly output: SessionOutput;
  private unfed = 0;

  constructor(client: ClientSocket, engine: Engine, output: SessionOutput) {
    this.client = client;
    this.engine = engine;
    this.output = output;
  }

  feed(frame: Frame): void {
    this.unfed += frame.bytes.length;
    if (this.unfed > MAX_UNFED) this.client.pause();
    if (frame.type === 'c' || frame.type === 'f') this.output.copyingIn = false;
    this.engine.feed(frame.bytes);
  }

  /** Postgres has used up what it had. */
  goOn(): void {
    this.unfed = 0;
    this.client.resume();
  }

  /** Nobody is left to send the rest. */
  breakOff(): void {
    this.engine.feed(Buffer.concat([copyFail('client disconnected'), sync()]));
    this.output.copyingIn = false;
  }
}
