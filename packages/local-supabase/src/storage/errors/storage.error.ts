/** What a refusal of the storage API carries; the catalogue in `storage.errors.ts` makes them all. */
export interface StorageRefusal {
  /** Stable name of the reason, sent as `code`. */
  readonly code: string;
  /** The older name of the reason, sent as `error`; the code where there is none. */
  readonly error?: string;
  /** The status that fits, sent as `statusCode` in the body (as text). */
  readonly status: number;
  readonly message: string;
  /** The status on the wire, where it is not the legacy 400 (or 500). */
  readonly wireStatus?: number;
  readonly cause?: unknown;
}

/** The body of every refusal, as storage clients know it. */
export interface StorageErrorBody {
  readonly statusCode: string;
  readonly error: string;
  readonly message: string;
  readonly code: string;
}

/**
 * A refusal with two statuses: clients of the storage API expect HTTP 400 for nearly every refusal
 * and read the real status from the body.
 */
export class StorageError extends Error {
  readonly code: string;
  readonly status: number;
  readonly wireStatus: number;
  readonly body: StorageErrorBody;

  constructor(refusal: StorageRefusal) {
    super(refusal.message, { cause: refusal.cause });
    this.name = 'StorageError';
    this.code = refusal.code;
    this.status = refusal.status;
    this.wireStatus = refusal.wireStatus ?? (refusal.status === 500 ? 500 : 400);
    this.body = {
      statusCode: String(refusal.status),
      error: refusal.error ?? refusal.code,
      message: refusal.message,
      code: refusal.code,
    };
  }
}
