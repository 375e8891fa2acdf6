import type { Socket } from 'node:net';
import { BackendLost } from '../postgres/engine.ts';
import { QueryFailed } from './backend.ts';
import type { Backend, Tenant } from './backend.ts';
import type { Frame } from './frames.ts';
import {
  closeStatement,
  copyFail,
  errorResponse,
  notification,
  query,
  readyForQuery,
  sync,
} from './messages.ts';
import type { TransactionStatus } from './messages.ts';
import { applyEffects } from './session.effects.ts';
import { SessionInput } from './session.input.ts';
import { SessionOutput } from './session.output.ts';
import type { Settings } from './session.settings.ts';
import { milliseconds } from './session.settings.ts';
import type { Effect } from './statement.rules.ts';

/** A transaction left open blocks everybody, so it is not left open for ever. */
const IDLE_IN_TRANSACTION_MS = 60_000;
/** Output that the client has not read yet; beyond it Postgres waits. */
const MAX_UNSENT = 4 * 1024 * 1024;
/** COPY data on its way to Postgres; beyond it the client waits. */
const MAX_UNFED = 4 * 1024 * 1024;
/** A client that reads nothing for so long, while everybody waits, is gone. */
const STALLED_MS = 30_000;

const USER_REQUEST = 'canceling statement due to user request';

const NO_LISTENER = {
  output: (_bytes: Uint8Array, taken: () => void): void => taken(),
};

export interface SessionIdentity {
  readonly pid: number;
  readonly user: string;
  readonly baseline: Settings;
}

/** One client connection, after its start: takes its messages to the backend and brings the answers back. */
export class WireSession implements Tenant {
  settings: Settings;
  readonly baseline: Settings;
  settingsUnknown = false;
  readonly pid: number;
  readonly reported: Map<string, string>;

  private readonly socket: Socket;
  private readonly backend: Backend;
  private readonly input: SessionInput;
  private readonly output: SessionOutput;
  private inbox: Frame[] = [];
  private status: TransactionStatus = 'I';
  private owning = false;
  private running = false;
  /** A statement of the client's is at Postgres. */
  private inStatement = false;
  /** A cancel request came for a statement that was on its way. */
  private cancelledEarly = false;
  private closed = false;
  private temporary = false;
  private localTimeouts = false;
  private localTimeout: string | undefined;
  private pendingEffects: Effect[] = [];
  private idleTimer: NodeJS.Timeout | undefined;
  private cancelled: 'request' | 'timeout' | undefined;
  private unfed = 0;

  constructor(socket: Socket, backend: Backend, identity: SessionIdentity) {
    this.socket = socket;
    this.backend = backend;
    this.pid = identity.pid;
    this.baseline = identity.baseline;
    this.settings = identity.baseline;
    this.reported = new Map(backend.reported);
    this.input = new SessionInput(identity.pid, identity.user, backend, this);
    this.output = new SessionOutput(this, backend, this.input);
  }

  /** Takes a message of the client. */
  receive(frame: Frame): void {
    if (frame.type === 'X') {
      this.socket.end();
      return;
    }
    if (this.output.copyingIn && this.running) {
      this.feed(frame);
      return;
    }
    // Left over from a COPY that failed: Postgres skips them too.
    if (frame.type === 'd' || frame.type === 'c' || frame.type === 'f') return;
    this.inbox.push(frame);
    if (SENDS.has(frame.type)) void this.pump();
  }

  private feed(frame: Frame): void {
    this.unfed += frame.bytes.length;
    if (this.unfed > MAX_UNFED) this.socket.pause();
    if (frame.type === 'c' || frame.type === 'f') this.output.copyingIn = false;
    this.backend.engine.feed(frame.bytes);
  }

  /** Takes messages to Postgres as long as there are any. */
  private async pump(): Promise<void> {
    if (this.running) return;
    this.running = true;
    try {
      while (!this.closed && this.inbox.some((frame) => SENDS.has(frame.type))) await this.turn();
    } catch (error) {
      this.fail(error);
    } finally {
      this.running = false;
    }
    if (this.closed) await this.cleanUp();
    else if (this.owning) this.startIdleTimer();
  }

  /** One turn at the backend. */
  private async turn(): Promise<void> {
    clearTimeout(this.idleTimer);
    if (!this.owning && !(await this.takeBackend())) return;
    if (this.closed) return;
    const inTransaction = this.status !== 'I';
    const bytes = this.input.translate(this.takeInbox());
    this.output.begin();
    const timer = this.startStatementTimer();
    this.inStatement = true;
    try {
      await this.backend.run(bytes, {
        output: (chunk, taken) => this.deliver(chunk, taken),
        hungry: () => this.hungry(),
      });
    } catch (error) {
      if (!(error instanceof BackendLost)) throw error;
      this.backendLost(error, inTransaction);
      return;
    } finally {
      clearTimeout(timer);
      this.inStatement = false;
      this.cancelled = undefined;
    }
    await this.settle();
  }

  /** True when the backend is ours. */
  private async takeBackend(): Promise<boolean> {
    try {
      await this.backend.acquire(this);
    } catch (error) {
      const known = error instanceof QueryFailed;
      this.refuse(known ? error.code : '57P03', known ? error.message : 'the database is not available');
      return false;
    }
    this.owning = true;
    if (!this.cancelledEarly) return true;
    this.owning = false;
    this.backend.release(this);
    this.refuse('57014', USER_REQUEST);
    return false;
  }

  private takeInbox(): Frame[] {
    const end = this.inbox.findLastIndex((frame) => SENDS.has(frame.type)) + 1;
    return this.inbox.splice(0, end);
  }

  /** Answers what cannot be run. */
  private refuse(code: string, message: string): void {
    this.cancelledEarly = false;
    this.takeInbox();
    this.write(errorResponse({ severity: 'ERROR', code, message }));
    this.write(readyForQuery('I'));
  }

  /** Books what the run has done to the session, and gives the backend away when Postgres is ready for another. */
  private async settle(): Promise<void> {
    const { ready, hadError, rolledBack } = this.output;
    const effects = this.input.takeEffects();
    if (!hadError) this.pendingEffects.push(...effects);
    if (effects.some(({ kind }) => kind === 'settings')) this.settingsUnknown = true;
    if (effects.some(({ kind }) => kind === 'temporary')) this.temporary = true;
    for (const effect of effects) if (effect.kind === 'local-timeout') this.localTimeout = effect.value;
    if (ready === undefined) return;
    this.status = ready;
    if (ready === 'E') return;
    const timeouts = effects.some(({ kind }) => kind === 'timeouts');
    if (timeouts || (ready === 'I' && this.localTimeouts)) await this.backend.capture(this);
    // SET LOCAL: the value holds until the transaction ends.
    this.localTimeouts = ready === 'T' && (timeouts || this.localTimeouts);
    if (ready !== 'I') return;
    this.localTimeout = undefined;
    if (rolledBack) this.pendingEffects = [];
    await applyEffects(this.pendingEffects.splice(0), this, this.backend, this.input.statements);
    if (this.output.poisoned) {
      this.output.poisoned = false;
      await this.backend.renew(this);
    }
    this.owning = false;
    this.backend.release(this);
  }

  private deliver(chunk: Uint8Array, taken: () => void): void {
    const bytes = this.output.translate(chunk);
    if (bytes.length > 0) this.write(bytes);
    if (this.closed || this.socket.writableLength < MAX_UNSENT) {
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

  private hungry(): void {
    this.unfed = 0;
    this.socket.resume();
    if (this.closed) {
      // Nobody is left to send the rest.
      this.backend.engine.feed(Buffer.concat([copyFail('client disconnected'), sync()]));
      this.output.copyingIn = false;
      return;
    }
    const waiting = this.inbox.splice(0);
    for (const frame of waiting) this.feed(frame);
  }

  private startStatementTimer(): NodeJS.Timeout | undefined {
    const timeout = milliseconds(this.localTimeout ?? this.settings.get('statement_timeout'));
    if (timeout <= 0) return undefined;
    return setTimeout(() => {
      this.cancelled = 'timeout';
      this.backend.engine.cancel();
    }, timeout);
  }

  private startIdleTimer(): void {
    const own = milliseconds(this.settings.get('idle_in_transaction_session_timeout'));
    clearTimeout(this.idleTimer);
    this.idleTimer = setTimeout(() => {
      this.write(
        errorResponse({
          severity: 'FATAL',
          code: '25P03',
          message: 'terminating connection due to idle-in-transaction timeout',
        }),
      );
      this.socket.end();
      this.close();
    }, own || IDLE_IN_TRANSACTION_MS);
  }

  /** Cancels what runs, or what waits in line. */
  cancel(): void {
    if (this.inStatement) {
      this.cancelled = 'request';
      this.backend.engine.cancel();
    } else if (this.running && !this.owning) {
      this.cancelledEarly = !this.backend.abandon(this, new QueryFailed('57014', USER_REQUEST));
    }
  }

  /** Why the running statement is being cancelled. */
  get cancelReason(): string {
    return this.cancelled === 'timeout' ? 'canceling statement due to statement timeout' : USER_REQUEST;
  }

  private backendLost(error: BackendLost, inTransaction: boolean): void {
    this.owning = false;
    this.status = 'I';
    this.pendingEffects = [];
    this.input.takeEffects();
    this.output.copyingIn = false;
    const cancelled = this.cancelled !== undefined;
    const [code, message] = cancelled ? ['57014', this.cancelReason] : lossError(error);
    // A transaction cannot go on in a new backend, and this session must not believe that it does.
    this.write(errorResponse({ severity: inTransaction ? 'FATAL' : 'ERROR', code, message }));
    if (inTransaction) this.socket.end();
    else this.write(readyForQuery('I'));
    this.backend.release(this);
  }

  private fail(error: unknown): void {
    const message = error instanceof Error ? error.message : String(error);
    this.write(errorResponse({ severity: 'FATAL', code: '08P01', message }));
    this.socket.destroy();
    this.close();
  }

  notify(pid: number, channel: string, payload: string): void {
    this.write(notification(pid, channel, payload));
  }

  write(bytes: Buffer): void {
    if (!this.socket.destroyed && this.socket.writable) this.socket.write(bytes);
  }

  /** The client is gone: what it left open is rolled back, what it left behind is cleared away. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    clearTimeout(this.idleTimer);
    this.inbox = [];
    this.backend.channels.unlistenAll(this);
    if (!this.running) {
      void this.cleanUp();
      return;
    }
    if (this.backend.abandon(this, new QueryFailed('57P01', 'client disconnected'))) return;
    if (this.output.copyingIn) this.hungry();
    else if (this.inStatement) this.backend.engine.cancel();
  }

  private async cleanUp(): Promise<void> {
    try {
      const names = [...this.input.statements.known(this.backend.generation)];
      if (!this.owning && names.length === 0 && !this.temporary) return;
      if (!this.owning) await this.backend.acquire(this);
      this.owning = true;
      if (this.status !== 'I' || this.output.ready === undefined) {
        await this.backend.run(Buffer.concat([sync(), query('rollback')]), NO_LISTENER);
      }
      const closes = [...this.input.statements.known(this.backend.generation)].map(closeStatement);
      if (closes.length > 0) await this.backend.run(Buffer.concat([...closes, sync()]), NO_LISTENER);
      if (this.temporary) await this.backend.ask('discard temp');
    } catch {
      // A backend that was lost has nothing of this session left either.
    } finally {
      this.settingsUnknown = true;
      this.backend.release(this);
    }
  }
}

/** What a lost backend means to the one whose statement it was. */
function lossError(error: BackendLost): [code: string, message: string] {
  if (error.message.includes('Maximum call stack size')) return ['54001', 'stack depth limit exceeded'];
  return ['XX000', `the backend was lost: ${error.message}`];
}

/** Messages that make the client wait for an answer: Query, FunctionCall, Sync, Flush. */
const SENDS = new Set(['Q', 'F', 'S', 'H']);
