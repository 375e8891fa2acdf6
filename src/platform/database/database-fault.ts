import { AppError } from '../errors/app-error.js';
import { unavailable } from '../errors/errors.js';

/** SQLSTATEs that say "not now", not "not so": the same statement may succeed later. */
const PASSING_STATES: ReadonlySet<string> = new Set([
  '40001', // serialization failure
  '40P01', // deadlock
  '55P03', // lock timeout
  '57014', // statement timeout
  '25006', // read-only: a standby, in the middle of a failover
  '25P03', // idle in transaction too long
]);

/** Classes of SQLSTATE with the same meaning: connection, resources, operator, system. */
const PASSING_CLASSES: ReadonlySet<string> = new Set(['08', '53', '57', '58']);

/** Errors of Node and of the driver, which carry no SQLSTATE. */
const CONNECTION_CODES: ReadonlySet<string> = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ETIMEDOUT',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOENT',
]);
/** What Node says of a certificate it does not trust, or that has expired in the meantime. */
const CERTIFICATE_CODES = /^(?:CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_|ERR_SSL_)/;
const CONNECTION_MESSAGES =
  /^(Connection terminated|timeout exceeded when trying to connect|Query read timeout|Client has encountered a connection error|Client was closed|Cannot use a pool after|timeout expired|The server does not support SSL)/;

/** The fields of a Postgres error that matter here. */
interface Fault {
  code?: unknown;
  severity?: unknown;
  constraint?: unknown;
  message?: unknown;
}

const asFault = (thrown: unknown): Fault => (typeof thrown === 'object' && thrown !== null ? thrown : {});

const text = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The SQLSTATE, when Postgres itself has answered. */
export function sqlState(thrown: unknown): string | undefined {
  const code = text(asFault(thrown).code);
  return /^[0-9A-Z]{5}$/.test(code) && !CONNECTION_CODES.has(code) ? code : undefined;
}

/** The constraint that refused, if one did. */
export const constraintOf = (thrown: unknown): string | undefined =>
  text(asFault(thrown).constraint) || undefined;

/** After this the connection is of no use any more. */
export function breaksConnection(thrown: unknown): boolean {
  const state = sqlState(thrown);
  const fault = asFault(thrown);
  if (state === undefined) return true;
  return fault.severity === 'FATAL' || fault.severity === 'PANIC' || state.startsWith('08');
}

/** A pooler that knows no server settings in the startup packet (PgBouncer, unless told to ignore them). */
export const refusesStartupParameters = (thrown: unknown): boolean =>
  /unsupported startup parameter/i.test(text(asFault(thrown).message));

function isPassing(thrown: unknown): boolean {
  const fault = asFault(thrown);
  const state = sqlState(thrown);
  if (state !== undefined) {
    return PASSING_STATES.has(state) || PASSING_CLASSES.has(state.slice(0, 2)) || breaksConnection(thrown);
  }
  const code = text(fault.code);
  return (
    CONNECTION_CODES.has(code) ||
    CERTIFICATE_CODES.test(code) ||
    CONNECTION_MESSAGES.test(text(fault.message))
  );
}

/** What the rest of the house sees: `unavailable` for whatever passes, the original for the rest. */
export const asDatabaseError = (thrown: unknown): unknown =>
  isPassing(thrown)
    ? unavailable('The database is not available. Try again later.', { cause: thrown })
    : thrown;

/** Whether this is the error of something that is not there right now. */
export const isUnavailable = (thrown: unknown): thrown is AppError =>
  thrown instanceof AppError && thrown.kind === 'unavailable';

/** Whether it is unavailable because a lock was not given in time. */
export const isLockTimeout = (thrown: unknown): boolean =>
  isUnavailable(thrown) && sqlState(thrown.cause) === '55P03';
