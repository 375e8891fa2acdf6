/** Builders of the few backend messages that this server says itself; the rest come from Postgres. */

function message(type: string, ...parts: (string | number | Buffer)[]): Buffer {
  const body = Buffer.concat(
    parts.map((part) => {
      if (typeof part === 'string') return Buffer.from(`${part}\0`);
      return typeof part === 'number' ? int32(part) : part;
    }),
  );
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body]);
}

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32BE(value);
  return bytes;
}

export const authenticationOk = (): Buffer => message('R', 0);
export const authenticationCleartextPassword = (): Buffer => message('R', 3);
export const parameterStatus = (name: string, value: string): Buffer => message('S', name, value);
export const backendKeyData = (pid: number, secret: number): Buffer => message('K', pid, secret);
export const readyForQuery = (status: TransactionStatus): Buffer => message('Z', Buffer.from(status));
export const notification = (pid: number, channel: string, payload: string): Buffer =>
  message('A', pid, channel, payload);
/** What of a newer protocol we do not speak. */
export const negotiateProtocolVersion = (options: string[]): Buffer =>
  message('v', 3 << 16, options.length, ...options);

/** I: outside a transaction. T: inside. E: inside one that failed. */
export type TransactionStatus = 'I' | 'T' | 'E';

export interface WireError {
  readonly severity: 'ERROR' | 'FATAL';
  /** SQLSTATE. */
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
}

export function errorResponse({ severity, code, message: text, hint }: WireError): Buffer {
  const fields = [`S${severity}`, `V${severity}`, `C${code}`, `M${text}`, ...(hint ? [`H${hint}`] : [])];
  return message('E', ...fields, Buffer.from([0]));
}

/** Frontend messages, for what we ask Postgres ourselves. */
export const query = (sql: string): Buffer => message('Q', sql);
export const sync = (): Buffer => message('S');
export const copyFail = (reason: string): Buffer => message('f', reason);
export const closeStatement = (name: string): Buffer => message('C', Buffer.from('S'), name);

/** The fields of an ErrorResponse, by their letters. */
export function errorFields(body: Buffer): Map<string, string> {
  const fields = new Map<string, string>();
  for (let at = 0; at < body.length && body[at] !== 0;) {
    const end = body.indexOf(0, at + 1);
    fields.set(String.fromCharCode(body[at] ?? 0), body.toString('utf8', at + 1, end));
    at = end + 1;
  }
  return fields;
}

/** The columns of a DataRow, as text. */
export function dataRow(body: Buffer): (string | null)[] {
  const columns: (string | null)[] = [];
  let at = 2;
  for (let left = body.readInt16BE(0); left > 0; left -= 1) {
    const length = body.readInt32BE(at);
    at += 4;
    columns.push(length < 0 ? null : body.toString('utf8', at, at + length));
    at += Math.max(0, length);
  }
  return columns;
}

/** The zero-terminated texts at the start of a message's body. */
export function texts(body: Buffer, count: number, from = 0): string[] {
  const found: string[] = [];
  let at = from;
  for (let index = 0; index < count; index += 1) {
    const end = body.indexOf(0, at);
    if (end === -1) throw new Error('malformed message');
    found.push(body.toString('utf8', at, end));
    at = end + 1;
  }
  return found;
}
