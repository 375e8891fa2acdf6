import { createHash } from 'node:crypto';
import type { Frame } from './frames.ts';
import { texts } from './messages.ts';
import type { Effect } from './statement.rules.ts';

/** Postgres keeps 63 bytes of a statement's name. */
const MAX_NAME_BYTES = 63;

export interface PreparedStatement {
  /** The Parse message under the backend's name. */
  readonly parse: Buffer;
  readonly effects: readonly Effect[];
  /** The backend that knows it. */
  generation: number;
}

/** The prepared statements of one session, which share the backend's one name space with those of all others. */
export class PreparedStatements {
  private readonly prefix: string;
  private readonly byName = new Map<string, PreparedStatement>();

  constructor(sessionId: number) {
    this.prefix = `s${sessionId}_`;
  }

  /** The backend's name for a statement of this session. The unnamed one has no name there either. */
  rename = (name: string): string => {
    if (name === '') return '';
    const own = this.prefix + name;
    if (Buffer.byteLength(own) <= MAX_NAME_BYTES) return own;
    return this.prefix + createHash('sha1').update(name).digest('hex');
  };

  get(name: string): PreparedStatement | undefined {
    return this.byName.get(name);
  }

  set(name: string, statement: PreparedStatement): void {
    this.byName.set(name, statement);
  }

  delete(name: string): void {
    this.byName.delete(name);
  }

  clear(): void {
    this.byName.clear();
  }

  /** Backend names of the named statements that the given backend knows. */
  *known(generation: number): Generator<string> {
    for (const [name, statement] of this.byName) {
      if (name !== '' && statement.generation === generation) yield this.rename(name);
    }
  }
}

/** A Parse message taken apart. */
export function readParse(frame: Frame): { name: string; sql: string; rest: Buffer } {
  const [name = '', sql = ''] = texts(frame.body, 2);
  const at = frame.body.indexOf(0, frame.body.indexOf(0) + 1) + 1;
  return { name, sql, rest: frame.body.subarray(at) };
}

export function writeParse(name: string, sql: string, rest: Buffer): Buffer {
  return withHeader('P', Buffer.concat([Buffer.from(`${name}\0${sql}\0`), rest]));
}

/** A Bind message with the statement's name replaced. */
export function rewriteBind(frame: Frame, rename: (name: string) => string): Buffer {
  const [portal = '', statement = ''] = texts(frame.body, 2);
  if (statement === '') return frame.bytes;
  const at = frame.body.indexOf(0, frame.body.indexOf(0) + 1) + 1;
  return withHeader(
    'B',
    Buffer.concat([Buffer.from(`${portal}\0${rename(statement)}\0`), frame.body.subarray(at)]),
  );
}

/** A Describe or Close message of a statement with its name replaced. */
export function rewriteTarget(frame: Frame, name: string): Buffer {
  return withHeader(frame.type, Buffer.from(`S${name}\0`));
}

export function withHeader(type: string, body: Buffer): Buffer {
  const bytes = Buffer.allocUnsafe(5 + body.length);
  bytes.write(type, 0, 'latin1');
  bytes.writeInt32BE(4 + body.length, 1);
  body.copy(bytes, 5);
  return bytes;
}
