import type { Backend } from './backend.ts';
import { FrameReader } from './frames.ts';
import type { Frame } from './frames.ts';
import { errorFields, errorResponse, parameterStatus } from './messages.ts';
import type { TransactionStatus } from './messages.ts';
import type { SessionInput } from './session.input.ts';

/** What the output needs of its session. */
export interface OutputOwner {
  readonly pid: number;
  readonly reported: Map<string, string>;
  readonly cancelReason: string;
  settingsUnknown: boolean;
}

/** Translates what the shared backend says into what this session's client may hear. */
export class SessionOutput {
  /** The client is in the middle of COPY FROM STDIN. */
  copyingIn = false;
  /** The transaction status, if the last message was ReadyForQuery. */
  ready: TransactionStatus | undefined = 'I';
  hadError = false;
  rolledBack = false;
  /** A library that could not be loaded leaves this build of Postgres unable to load any other. */
  poisoned = false;

  private readonly owner: OutputOwner;
  private readonly backend: Backend;
  private readonly input: SessionInput;
  private readonly reader = new FrameReader(true);

  constructor(owner: OutputOwner, backend: Backend, input: SessionInput) {
    this.owner = owner;
    this.backend = backend;
    this.input = input;
  }

  /** Before each run. */
  begin(): void {
    this.hadError = false;
    this.rolledBack = false;
  }

  translate(chunk: Uint8Array): Buffer {
    const pieces: Buffer[] = [];
    for (const frame of this.reader.push(chunk)) {
      const piece = this.translateFrame(frame);
      if (piece) pieces.push(piece);
    }
    return pieces.length === 1 ? (pieces[0] ?? Buffer.alloc(0)) : Buffer.concat(pieces);
  }

  private translateFrame(frame: Frame): Buffer | undefined {
    switch (frame.type) {
      case 'A':
        this.backend.fanOut(frame.body, this.owner.pid);
        return undefined;
      case 'S':
        return this.parameterStatus(frame);
      case 'N':
        return frame.bytes;
      default:
        this.ready = undefined;
    }
    switch (frame.type) {
      case 'Z':
        this.ready = String.fromCharCode(frame.body[0] ?? 0) as TransactionStatus;
        this.settleOwed();
        return frame.bytes;
      case '1':
        return this.input.owed.shift() === 'own-parse' ? undefined : frame.bytes;
      case 'C':
        if (frame.body.toString('latin1').startsWith('ROLLBACK')) this.rolledBack = true;
        return frame.bytes;
      case 'E':
        this.hadError = true;
        return this.error(frame);
      case 'G':
      case 'W':
        this.copyingIn = true;
        return frame.bytes;
      default:
        return frame.bytes;
    }
  }

  /** Only news for this client: switching between sessions makes Postgres report, too. */
  private parameterStatus(frame: Frame): Buffer | undefined {
    const { name, value } = this.backend.learnReported(frame.body);
    if (this.owner.reported.get(name) === value) return undefined;
    this.owner.reported.set(name, value);
    this.owner.settingsUnknown = true;
    return parameterStatus(name, value);
  }

  private settleOwed(): void {
    this.copyingIn = false;
    const at = this.input.owed.indexOf('sync');
    this.input.owed.splice(0, at + 1);
  }

  /** Postgres knows only one reason to cancel. */
  private error(frame: Frame): Buffer {
    const fields = errorFields(frame.body);
    if (fields.get('C') === '58P01' && fields.get('M')?.startsWith('could not load library'))
      this.poisoned = true;
    if (fields.get('C') !== '57014') return frame.bytes;
    return errorResponse({ severity: 'ERROR', code: '57014', message: this.owner.cancelReason });
  }
}
