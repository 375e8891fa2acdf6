import type { Backend, Tenant } from './backend.ts';
import type { TransactionStatus } from './messages.ts';
import { applyEffects } from './session.effects.ts';
import type { SessionInput } from './session.input.ts';
import type { SessionOutput } from './session.output.ts';
import type { Effect } from './statement.rules.ts';

/** Where a session's transaction is, and what its statements have done that holds once it commits. */
export class SessionTransaction {
  /** The session has made tables in everybody's temporary schema. */
  temporary = false;

  private readonly session: Tenant;
  private readonly backend: Backend;
  private readonly input: SessionInput;
  private readonly output: SessionOutput;
  private status: TransactionStatus = 'I';
  private pendingEffects: Effect[] = [];
  private localTimeouts = false;
  private localTimeout: string | undefined;

  constructor(session: Tenant, backend: Backend, input: SessionInput, output: SessionOutput) {
    this.session = session;
    this.backend = backend;
    this.input = input;
    this.output = output;
  }

  get isOpen(): boolean {
    return this.status !== 'I';
  }

  /** What `statement_timeout` is for the next statement. */
  get statementTimeout(): string | undefined {
    return this.localTimeout ?? this.session.settings.get('statement_timeout');
  }

  /** Books what a run has done to the session. True when Postgres is ready for another session. */
  async settle(): Promise<boolean> {
    const { ready, hadError, rolledBack } = this.output;
    const effects = this.input.takeEffects();
    if (!hadError) this.pendingEffects.push(...effects);
    if (effects.some(({ kind }) => kind === 'settings')) this.session.settingsUnknown = true;
    if (effects.some(({ kind }) => kind === 'temporary')) this.temporary = true;
    for (const effect of effects) if (effect.kind === 'local-timeout') this.localTimeout = effect.value;
    if (ready === undefined) return false;
    this.status = ready;
    if (ready === 'E') return false;
    const timeouts = effects.some(({ kind }) => kind === 'timeouts');
    if (timeouts || (ready === 'I' && this.localTimeouts)) await this.backend.capture(this.session);
    // SET LOCAL: the value holds until the transaction ends.
    this.localTimeouts = ready === 'T' && (timeouts || this.localTimeouts);
    if (ready !== 'I') return false;
    this.localTimeout = undefined;
    if (rolledBack) this.pendingEffects = [];
    await applyEffects(this.pendingEffects.splice(0), this.session, this.backend, this.input.statements);
    if (!this.output.poisoned) return true;
    this.output.poisoned = false;
    await this.backend.renew(this.session);
    return true;
  }

  /** Its backend is gone, and the transaction with it. */
  lose(): void {
    this.status = 'I';
    this.pendingEffects = [];
    this.input.takeEffects();
  }
}
