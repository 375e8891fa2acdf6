/** What PostgREST says of a failure. `details` is text, a list of candidates, or nothing. */
export interface ErrorBody {
  readonly code: string;
  readonly details: unknown;
  readonly hint: string | null;
  readonly message: string;
}

/** A refusal with PostgREST's code and status. The catalogue in `refusals.ts` and `database.error.ts` makes them all. */
export class RestError extends Error {
  readonly status: number;
  readonly body: ErrorBody;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The words behind the status, where a function has chosen them. */
  readonly statusText: string | undefined;

  constructor(
    status: number,
    body: { code: string; message: string; details?: unknown; hint?: string | null },
    headers: readonly (readonly [string, string])[] = [],
    statusText?: string,
  ) {
    super(body.message);
    this.name = 'RestError';
    this.status = status;
    this.body = {
      code: body.code,
      details: body.details ?? null,
      hint: body.hint ?? null,
      message: body.message,
    };
    this.headers = [['proxy-status', `PostgREST; error=${body.code}`], ...headers];
    this.statusText = statusText;
  }
}
