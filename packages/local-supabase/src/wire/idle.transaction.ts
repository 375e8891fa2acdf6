import { milliseconds } from './session.settings.ts';

/** A transaction left open blocks everybody, so it is not left open for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000;

/** How long a session may say nothing while it has the backend. */
export class IdleTransaction {
  private readonly end: () => void;
  private timer: NodeJS.Timeout | undefined;

  constructor(end: () => void) {
    this.end = end;
  }

  /** @param timeout the value of `idle_in_transaction_session_timeout` */
  begin(timeout: string | undefined): void {
    this.stop();
    this.timer = setTimeout(this.end, milliseconds(timeout) || IDLE_IN_TRANSACTION_MS);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
