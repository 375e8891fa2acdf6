import { refusals } from './refusals.ts';
import { RestError } from './rest.error.ts';

/** A failure as the driver reports it. */
interface DatabaseFailure extends Error {
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** HTTP statuses of SQLSTATEs and their classes, from PostgREST's documentation. Single codes win over their class. */
const STATUS: Readonly<Record<string, number>> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '21000': 500,
  '23503': 409,
  '23505': 409,
  '25006': 405,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '42883': 404,
  '42P01': 404,
  '42P17': 500,
  '53': 503,
  '53400': 500,
  '54': 500,
  '55': 500,
  '57': 500,
  '57P01': 503,
  '58': 500,
  F0: 500,
  HV: 500,
  P0: 500,
  P0001: 400,
  XX: 500,
};

/**
 * What PostgREST answers where Postgres failed.
 * @param role - of the request: what is forbidden to `anon` asks for a token (401), to others it is forbidden (403)
 */
export function asRestError(error: unknown, role: string): unknown {
  if (isConnectionFailure(error)) return refusals.disconnected();
  if (!isDatabaseFailure(error)) return error;
  const { code, message, detail, hint } = error;
  if (code === 'PGRST') return raised(message, detail);
  const body = { code, message, details: detail ?? null, hint: hint ?? null };
  if (code.startsWith('PT')) {
    const chosen = /^PT([1-9]\d\d)$/.exec(code)?.[1];
    return new RestError(Number(chosen ?? 500), body, [], chosen === undefined ? undefined : message);
  }
  if (code === '42501') {
    return role === 'anon'
      ? new RestError(401, body, [['www-authenticate', 'Bearer']])
      : new RestError(403, body);
  }
  // The token names a role that is not there.
  if (code === '22023' && /^role .* does not exist$/.test(message))
    return new RestError(401, body, [['www-authenticate', 'Bearer']]);
  return new RestError(STATUS[code] ?? STATUS[code.slice(0, 2)] ?? 400, body);
}

/** `RAISE SQLSTATE 'PGRST'`: the function words the whole answer. */
function raised(message: string, detail: string | undefined): RestError {
  const { code, message: words, details, hint } = parsed(message);
  if (typeof code !== 'string' || typeof words !== 'string') return refusals.raisedMessage(message);
  if (detail === undefined) return refusals.raisedDetail();
  const { status, headers, status_text: statusText } = parsed(detail);
  if (typeof status !== 'number' || typeof headers !== 'object' || headers === null)
    return refusals.raisedDetail(detail);
  return new RestError(
    status,
    { code, message: words, details: details ?? null, hint: typeof hint === 'string' ? hint : null },
    Object.entries(headers).map(([name, text]) => [name, String(text)]),
    typeof statusText === 'string' ? statusText : undefined,
  );
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

/** True for a failure that says that the schema is not what it was thought to be. */
export function isSchemaFailure(error: unknown): boolean {
  const code = error instanceof RestError ? error.body.code : undefined;
  return code !== undefined && /^(?:PGRST20[0-5]|42P01|42703|42883|42704|3F000)$/.test(code);
}

/** The connection broke, or none could be made. */
function isConnectionFailure(error: unknown): boolean {
  if (!(error instanceof Error)) return false;
  const code = 'code' in error ? error.code : undefined;
  return (
    /^E(?:CONN\w+|PIPE|TIMEDOUT)$/.test(String(code)) || error.message.startsWith('Connection terminated')
  );
}

function isDatabaseFailure(error: unknown): error is DatabaseFailure {
  return (
    error instanceof Error &&
    'code' in error &&
    typeof error.code === 'string' &&
    /^[0-9A-Z]{5}$/.test(error.code)
  );
}
