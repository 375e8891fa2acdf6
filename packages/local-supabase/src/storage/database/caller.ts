import type { JWTPayload } from 'jose';

/** Who makes a request, as the database is to see him. */
export interface Caller {
  /** The Postgres role of the token: `anon`, `authenticated`, `service_role` or the project's own. */
  readonly role: string;
  readonly claims: JWTPayload & { role?: string };
  /** The token as it came, for policies that read it. */
  readonly token: string;
  /** `sub` of the token: what is written into `owner` and `owner_id`. */
  readonly owner?: string;
  /** False for a public route reached without a valid token. */
  readonly authenticated: boolean;
}

/** One request as policies can see it: `request.method`, `request.path`, `request.headers`, `storage.operation()`. */
export interface RequestScope {
  readonly caller: Caller;
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  /** Name of the operation, as `storage.operation()` returns it: `storage.object.upload`. */
  readonly operation: string;
}

/** Someone without a token, on routes that allow it. */
export const ANONYMOUS: Caller = {
  role: 'anon',
  claims: { role: 'anon' },
  token: '',
  authenticated: false,
};

/** The storage service itself: it records what was allowed before, so policies do not apply. */
export const SERVICE: Caller = {
  role: 'service_role',
  claims: { role: 'service_role' },
  token: '',
  authenticated: true,
};
