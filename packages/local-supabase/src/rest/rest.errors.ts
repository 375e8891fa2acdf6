/** A failure as the driver reports it. */
interface DatabaseFailure extends Error {
  readonly code: string;
  readonly detail?: string;
  readonly hint?: string;
}

/** Codes that @supabase/lite answers as PostgREST does; the rest it would call internal errors of its own. */
const ANSWERED = /^(?:42...|22...|21...|2350[235]|25006|55...|PT.*|PGRST.*)$/;

/** HTTP statuses of SQLSTATE classes, from PostgREST's documentation. Single codes win over their class. */
const STATUS: Readonly<Record<string, number>> = {
  '08': 503,
  '09': 500,
  '0L': 403,
  '0P': 403,
  '25': 500,
  '28': 403,
  '2D': 500,
  '38': 500,
  '39': 500,
  '3B': 500,
  '40': 500,
  '53': 503,
  '53400': 500,
  '54': 500,
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
 * Words a failure of Postgres in the way in which an SQL function may set its own answer (`RAISE SQLSTATE 'PGRST'`):
 * what PostgREST would answer passes unchanged through @supabase/lite.
 */
export function asPostgrestError(error: unknown): unknown {
  if (!isDatabaseFailure(error) || ANSWERED.test(error.code)) return error;
  const { code, message, detail, hint } = error;
  const status = STATUS[code] ?? STATUS[code.slice(0, 2)] ?? 400;
  return Object.assign(
    new Error(JSON.stringify({ code, message, details: detail ?? null, hint: hint ?? null })),
    {
      code: 'PGRST',
      detail: JSON.stringify({ status, headers: {} }),
      cause: error,
    },
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
