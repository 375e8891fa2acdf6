import { AuthError } from './auth-error.ts';
import { sqlState } from './database-refusal.ts';

/** A statement that failed, perhaps by the project's own doing. `cause` is what Postgres said. */
export class DatabaseFault extends AuthError {
  constructor(message: string, cause: unknown) {
    super(500, 'unexpected_failure', message);
    this.cause = cause;
  }
}

/** Classes of faults that a project's own triggers and constraints cause: GoTrue passes their words on. */
const TOLD = new Set(['P0001', '23000', '23001', '23502', '23503', '23505', '23514', '23P01']);

/** What Postgres said, in the shape clients get to see it. */
export interface PostgresFault {
  readonly status: number;
  readonly body: Readonly<Record<string, string>>;
}

/**
 * A fault whose words are meant for the client; undefined for any other. A state `PTxyz` is the HTTP status `xyz`, as
 * with PostgREST.
 */
export function readableFault({ cause: error }: DatabaseFault): PostgresFault | undefined {
  const code = sqlState(error);
  if (code === undefined || !(error instanceof Error)) return undefined;
  const status = TOLD.has(code) ? 500 : chosenStatus(code);
  if (status === undefined) return undefined;
  const { hint, detail } = error as { hint?: string; detail?: string };
  return { status, body: { code, message: error.message, ...(hint && { hint }), ...(detail && { detail }) } };
}

function chosenStatus(code: string): number | undefined {
  const status = /^PT([2-5]\d\d)$/.exec(code)?.[1];
  return status === undefined ? undefined : Number(status);
}
