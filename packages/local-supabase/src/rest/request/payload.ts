import { refusals } from '../errors/refusals.ts';
import { csvToRows } from './csv.ts';

/** A body as Postgres gets it. JSON stays the text it came as, so that no number loses a digit. */
export interface Payload {
  readonly type: 'json' | 'text' | 'xml' | 'binary' | 'form' | 'csv';
  readonly text: string;
  /** Of the first row; all rows have the same. */
  readonly keys: readonly string[];
  readonly isArray: boolean;
  readonly rows: number;
}

export interface PayloadRules {
  /** Rows must all have the same keys, for no `columns` parameter names them. */
  readonly sameKeys: boolean;
  /** A list must be one of rows, and something must be there; a function may take anything as its only argument. */
  readonly rowsOnly: boolean;
}

/**
 * Reads a body of rows or of arguments.
 * @throws RestError PGRST102, PGRST107
 */
export function readPayload(contentType: string | undefined, body: Buffer, rules: PayloadRules): Payload {
  const type = (contentType ?? 'application/json').split(';')[0]?.trim().toLowerCase() ?? '';
  switch (type) {
    case 'application/json':
    case 'application/vnd.pgrst.object+json':
    case 'application/vnd.pgrst.array+json':
    case '':
      return fromJson(body.toString('utf8'), rules);
    case 'application/x-www-form-urlencoded': {
      const fields = Object.fromEntries(new URLSearchParams(body.toString('utf8')));
      return { ...fromJson(JSON.stringify(fields), DIFFERENT_KEYS), type: 'form' };
    }
    case 'text/csv':
      return {
        ...fromJson(JSON.stringify(csvToRows(body.toString('utf8'))), DIFFERENT_KEYS),
        type: 'csv',
      };
    default:
      return readWhole(type, body, rules);
  }
}

/** What only a function takes, as its only argument. */
function readWhole(type: string, body: Buffer, { rowsOnly }: PayloadRules): Payload {
  const text = body.toString('utf8');
  if (!rowsOnly && type === 'text/plain') return whole('text', text);
  if (!rowsOnly && type === 'text/xml') return whole('xml', text);
  if (!rowsOnly && type === 'application/octet-stream') return whole('binary', `\\x${body.toString('hex')}`);
  throw refusals.body(`Content-Type not acceptable: ${type}`);
}

function whole(type: 'text' | 'xml' | 'binary', text: string): Payload {
  return { type, text, keys: [], isArray: false, rows: 0 };
}

const DIFFERENT_KEYS: PayloadRules = { sameKeys: false, rowsOnly: true };

function fromJson(text: string, { sameKeys, rowsOnly }: PayloadRules): Payload {
  const json = text === '' && !rowsOnly ? '{}' : text;
  const document = parse(json);
  if (!Array.isArray(document)) {
    // What is neither a row nor a list of them can only be a whole argument.
    const keys = isObject(document) ? Object.keys(document) : [];
    return { type: 'json', text: json, keys, isArray: false, rows: isObject(document) ? 1 : 0 };
  }
  const rows = document as unknown[];
  if (!rows.every(isObject)) {
    if (rowsOnly) throw refusals.body('All object keys must match');
    return { type: 'json', text: json, keys: [], isArray: false, rows: 0 };
  }
  const keys = Object.keys(rows[0] ?? {});
  if (sameKeys && !rows.every((row) => hasKeys(row, keys))) throw refusals.body('All object keys must match');
  return { type: 'json', text: json, keys, isArray: true, rows: rows.length };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw refusals.body('Empty or invalid json');
  }
}

function isObject(candidate: unknown): candidate is Record<string, unknown> {
  return typeof candidate === 'object' && candidate !== null && !Array.isArray(candidate);
}

function hasKeys(row: unknown, keys: readonly string[]): boolean {
  return (
    isObject(row) && Object.keys(row).length === keys.length && keys.every((key) => Object.hasOwn(row, key))
  );
}
