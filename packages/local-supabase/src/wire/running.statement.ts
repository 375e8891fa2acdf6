import type { Engine } from '../postgres/engine.ts';
import { milliseconds } from './session.settings.ts';

export const USER_REQUEST = 'canceling statement due to user request';
const TIMEOUT = 'canceling statement due to statement timeout';

/** A session's statement while it is at Postgres: how long it may be there, and why it is broken off. */
export class RunningStatement {
  private readonly engine: Engine;
  private cancelledBy: 'request' | 'timeout' | undefined;
  private timer: NodeJS.Timeout | undefined;
  private running = false;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  /** @param timeout the value of `statement_timeout` */
  begin(timeout: string | undefined): void {
    const patience = milliseconds(timeout);
    if (patience > 0) this.timer = setTimeout(() => this.cancel('timeout'), patience);
    this.running = true;
  }

  end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    this.running = false;
    this.cancelledBy = undefined;
  }

  get isRunning(): boolean {
    return this.running;
  }

  get isCancelled(): boolean {
    return this.cancelledBy !== undefined;
  }

  /** Why it is being cancelled. */
  get cancelReason(): string {
    return this.cancelledBy === 'timeout' ? TIMEOUT : USER_REQUEST;
  }

  cancel(by: 'request' | 'timeout'): void {
    this.cancelledBy = by;
    this.engine.cancel();
  }
}
