/** An answer that refuses, as GoTrue gives it. Thrown anywhere below a route; the error handler writes it. */
export class AuthError extends Error {
  readonly status: number;
  /** GoTrue's stable name, such as `invalid_credentials`. */
  readonly code: string;
  /** Why a password is weak; only with `weak_password`. */
  readonly reasons: readonly string[] | undefined;

  constructor(status: number, code: string, message: string, reasons?: readonly string[]) {
    super(message);
    this.name = 'AuthError';
    this.status = status;
    this.code = code;
    this.reasons = reasons;
  }
}
