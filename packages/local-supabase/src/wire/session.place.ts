import { QueryFailed } from './backend.ts';
import type { Backend, Tenant } from './backend.ts';
import { USER_REQUEST } from './running.statement.ts';

/** A session's place in the line before the backend, until it has the backend. */
export class SessionPlace {
  private readonly session: Tenant;
  private readonly backend: Backend;
  private readonly refuse: (code: string, message: string) => void;
  private owning = false;
  private waiting = false;
  /** A cancel request came when it was nearly there. */
  private cancelled = false;

  /** @param refuse answers what cannot be run */
  constructor(session: Tenant, backend: Backend, refuse: (code: string, message: string) => void) {
    this.session = session;
    this.backend = backend;
    this.refuse = refuse;
  }

  /** Whether the session has the backend. */
  get isOurs(): boolean {
    return this.owning;
  }

  /** Waits in line. True when the backend is ours; otherwise what was to be run is refused. */
  async take(): Promise<boolean> {
    this.waiting = true;
    try {
      await this.backend.acquire(this.session);
    } catch (error) {
      this.waiting = this.cancelled = false;
      const known = error instanceof QueryFailed;
      this.refuse(known ? error.code : '57P03', known ? error.message : 'the database is not available');
      return false;
    }
    this.waiting = false;
    this.owning = true;
    if (!this.cancelled) return true;
    this.cancelled = false;
    this.give();
    this.refuse('57014', USER_REQUEST);
    return false;
  }

  /** Gives the backend to the next in line. */
  give(): void {
    this.owning = false;
    this.backend.release(this.session);
  }

  /** Cancels what waits in line. */
  cancel(): void {
    if (this.waiting) this.cancelled = !this.leave('57014', USER_REQUEST);
  }

  /** Leaves the line. True when the session was in it. */
  leave(code: string, reason: string): boolean {
    return this.backend.abandon(this.session, new QueryFailed(code, reason));
  }
}
