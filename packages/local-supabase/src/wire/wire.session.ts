import type { Socket } from 'node:net';
import { BackendLost } from '../postgres/engine.ts';
import type { Backend, Tenant } from './backend.ts';
import { ClientSocket } from './client.socket.ts';
import { CopyInput } from './copy.input.ts';
import type { Frame } from './frames.ts';
import { IdleTransaction } from './idle.transaction.ts';
import { notification } from './messages.ts';
import { RunningStatement } from './running.statement.ts';
import { SessionInbox } from './session.inbox.ts';
import { SessionInput } from './session.input.ts';
import { SessionOutput } from './session.output.ts';
import { SessionPlace } from './session.place.ts';
import { clearAway } from './session.remains.ts';
import type { Settings } from './session.settings.ts';
import { SessionTransaction } from './session.transaction.ts';

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

  private readonly client: ClientSocket;
  private readonly backend: Backend;
  private readonly inbox = new SessionInbox();
  private readonly input: SessionInput;
  private readonly output: SessionOutput;
  private readonly copy: CopyInput;
  private readonly statement: RunningStatement;
  private readonly transaction: SessionTransaction;
  private readonly place: SessionPlace;
  private readonly idle = new IdleTransaction(() => this.endIdle());
  private pumping = false;
  private closed = false;

  constructor(socket: Socket, backend: Backend, identity: SessionIdentity) {
    this.backend = backend;
    this.pid = identity.pid;
    this.baseline = identity.baseline;
    this.settings = identity.baseline;
    this.reported = new Map(backend.reported);
    this.client = new ClientSocket(socket);
    this.statement = new RunningStatement(backend.engine);
    this.input = new SessionInput(identity.pid, identity.user, backend, this);
    this.output = new SessionOutput(this, backend, this.input);
    this.copy = new CopyInput(this.client, backend.engine, this.output);
    this.transaction = new SessionTransaction(this, backend, this.input, this.output);
    this.place = new SessionPlace(this, backend, (code, message) => this.refuse(code, message));
  }

  /** Takes a message of the client. */
  receive(frame: Frame): void {
    // It may still say something after it was dismissed.
    if (this.closed) return;
    if (frame.type === 'X') {
      this.client.end();
      return;
    }
    if (this.output.copyingIn && this.pumping) {
      this.copy.feed(frame);
      return;
    }
    // Left over from a COPY that failed: Postgres skips them too.
    if (frame.type === 'd' || frame.type === 'c' || frame.type === 'f') return;
    if (this.inbox.put(frame)) void this.pump();
  }

  /** Takes messages to Postgres as long as there are any. */
  private async pump(): Promise<void> {
    if (this.pumping) return;
    this.pumping = true;
    try {
      while (!this.closed && this.inbox.isDue) await this.turn();
    } catch (error) {
      this.fail(error);
    } finally {
      this.pumping = false;
    }
    if (this.closed) await this.clearAway();
    else if (this.place.isOurs) this.idle.begin(this.settings.get('idle_in_transaction_session_timeout'));
  }

  /** One turn at the backend. */
  private async turn(): Promise<void> {
    this.idle.stop();
    if (!this.place.isOurs && !(await this.place.take())) return;
    if (this.closed) return;
    const inTransaction = this.transaction.isOpen;
    const bytes = this.input.translate(this.inbox.takeDue());
    this.output.begin();
    this.statement.begin(this.transaction.statementTimeout);
    try {
      await this.backend.run(bytes, {
        output: (chunk, taken) => this.client.deliver(this.output.translate(chunk), taken),
        hungry: () => this.hungry(),
      });
    } catch (error) {
      if (!(error instanceof BackendLost)) throw error;
      this.backendLost(error, inTransaction);
      return;
    } finally {
      this.statement.end();
    }
    if (await this.transaction.settle()) this.place.give();
  }

  /** Answers what cannot be run. */
  private refuse(code: string, message: string): void {
    this.inbox.takeDue();
    this.client.refuse(code, message);
  }

  /** Postgres waits for COPY data. */
  private hungry(): void {
    this.copy.goOn();
    if (this.closed) this.copy.breakOff();
    else for (const frame of this.inbox.takeAll()) this.copy.feed(frame);
  }

  private endIdle(): void {
    this.client.dismiss('25P03', 'terminating connection due to idle-in-transaction timeout');
    this.close();
  }

  /** Cancels what runs, or what waits in line. */
  cancel(): void {
    if (this.statement.isRunning) this.statement.cancel('request');
    else this.place.cancel();
  }

  /** Why the running statement is being cancelled. */
  get cancelReason(): string {
    return this.statement.cancelReason;
  }

  private backendLost(error: BackendLost, inTransaction: boolean): void {
    this.transaction.lose();
    this.output.copyingIn = false;
    const [code, message] = this.statement.isCancelled ? ['57014', this.cancelReason] : lossError(error);
    // A transaction cannot go on in a new backend, and this session must not believe that it does.
    if (inTransaction) this.client.dismiss(code, message);
    else this.client.refuse(code, message);
    this.place.give();
  }

  private fail(error: unknown): void {
    this.client.dismiss('08P01', error instanceof Error ? error.message : String(error));
    this.client.destroy();
    this.close();
  }

  notify(pid: number, channel: string, payload: string): void {
    this.client.write(notification(pid, channel, payload));
  }

  /** The client is gone: what it left open is rolled back, what it left behind is cleared away. */
  close(): void {
    if (this.closed) return;
    this.closed = true;
    this.idle.stop();
    this.inbox.takeAll();
    this.backend.channels.unlistenAll(this);
    if (!this.pumping) {
      void this.clearAway();
      return;
    }
    if (this.place.leave('57P01', 'client disconnected')) return;
    if (this.output.copyingIn) this.hungry();
    else if (this.statement.isRunning) this.statement.cancel('request');
  }

  private clearAway(): Promise<void> {
    return clearAway(this, this.backend, {
      owning: this.place.isOurs,
      open: this.transaction.isOpen || this.output.ready === undefined,
      temporary: this.transaction.temporary,
      statements: this.input.statements,
    });
  }
}

/** What a lost backend means to the one whose statement it was. */
function lossError(error: BackendLost): [code: string, message: string] {
  if (error.message.includes('Maximum call stack size')) return ['54001', 'stack depth limit exceeded'];
  return ['XX000', `the backend was lost: ${error.message}`];
}
