import { AppError } from '../platform/errors/app-error.js';
import {
  conflict,
  forbidden,
  invalid,
  invalidFields,
  notFound,
  rateLimited,
  unauthenticated,
  unavailable,
} from '../platform/errors/errors.js';
import { isAboutOurKey, isOfThePlatform, upstreamFailure } from './upstream-failure.js';

/** The texts the contract fixes for what Supabase refuses. */
export const badCredentials = (cause?: unknown): AppError =>
  unauthenticated({ plain: 'Invalid email or password', enveloped: 'Invalid credentials' }, { cause });

export const deadRefreshToken = (cause?: unknown): AppError =>
  unauthenticated(
    { plain: 'Invalid or expired refresh token', enveloped: 'Invalid refresh token' },
    { cause },
  );

export const duplicateUser = (cause?: unknown): AppError =>
  invalid(
    { plain: 'A user with this email already exists', enveloped: 'Failed to create user account' },
    { cause },
  );

export const badCode = (cause?: unknown): AppError => unauthenticated('Invalid or expired code', { cause });

/** No 401: the token that came along is good, and a client that refreshes it and tries again would guess twice. */
const badFactorCode = (cause?: unknown): AppError => {
  const error = invalidFields([{ field: 'code', message: 'The code is wrong' }]);
  error.cause = cause;
  return error;
};

/** A sign-in by way of another site that was not begun here, or not by this browser, or long ago, or is over. */
export const badFlow = (cause?: unknown): AppError =>
  unauthenticated('This sign-in has expired or was not begun by you', { cause });

export const badIdToken = (cause?: unknown): AppError =>
  unauthenticated('Invalid or expired ID token', { cause });

export const signedOut = (cause?: unknown): AppError =>
  unauthenticated('Invalid or expired authentication token', { cause });

type Refusal = (error: UpstreamRefusal) => AppError;

/** The error codes of Supabase Auth that mean something to a client, and what they mean here. */
const BY_CODE: Readonly<Record<string, Refusal>> = {
  invalid_credentials: badCredentials,
  email_not_confirmed: (cause) => unauthenticated('Email not confirmed', { cause }),
  user_already_exists: duplicateUser,
  email_exists: duplicateUser,
  weak_password: (cause) => invalid(weakness(cause), { cause }),
  same_password: (cause) => invalid('The new password must differ from the present one', { cause }),
  current_password_required: (cause) => invalid('The present password is needed for this', { cause }),
  current_password_invalid: (cause) => invalid('The present password is another one', { cause }),
  reauthentication_needed: (cause) => forbidden('Sign in again to do this', { cause }),
  email_address_invalid: (cause) => invalid('This email address cannot be used', { cause }),
  email_address_not_authorized: (cause) => invalid('This email address cannot be used', { cause }),
  captcha_failed: (cause) => invalid('The captcha was not solved', { cause }),
  otp_expired: badCode,
  otp_disabled: (cause) => forbidden('Signing in by a one-time password is not possible here', { cause }),
  signup_disabled: (cause) => forbidden('Signing up is not possible here', { cause }),
  email_provider_disabled: (cause) => forbidden('Signing in by email is not possible here', { cause }),
  anonymous_provider_disabled: (cause) => forbidden('Signing in anonymously is not possible here', { cause }),
  user_banned: (cause) => forbidden('This account is suspended', { cause }),
  insufficient_aal: (cause) => forbidden('A second factor is needed for this', { cause }),
  mfa_factor_not_found: (cause) => notFound('There is no such factor or challenge.', { cause }),
  mfa_verification_failed: badFactorCode,
  mfa_verification_rejected: badFactorCode,
  mfa_challenge_expired: (cause) => invalid('The challenge has expired', { cause }),
  mfa_ip_address_mismatch: (cause) => invalid('The challenge cannot be answered any more', { cause }),
  mfa_totp_enroll_not_enabled: (cause) => forbidden('Second factors cannot be set up here', { cause }),
  mfa_totp_verify_not_enabled: (cause) => forbidden('Second factors cannot be used here', { cause }),
  too_many_enrolled_mfa_factors: (cause) => conflict('There are too many factors already', { cause }),
  mfa_factor_name_conflict: (cause) => conflict('A factor of this name exists already', { cause }),
  mfa_verified_factor_exists: (cause) => conflict('There is such a factor already', { cause }),
  mfa_recovery_codes_sole_factor: (cause) =>
    conflict('Recovery codes cannot be the only second factor', { cause }),
  identity_not_found: (cause) => notFound('There is no such identity.', { cause }),
  identity_already_exists: (cause) => conflict('This identity is linked already', { cause }),
  single_identity_not_deletable: (cause) => conflict('The only way to sign in cannot be removed', { cause }),
  email_conflict_identity_not_deletable: (cause) =>
    conflict('The email address of another identity is taken by another user', { cause }),
  manual_linking_disabled: (cause) => forbidden('Identities cannot be linked or removed here', { cause }),
  provider_disabled: (cause) => forbidden('Signing in by this provider is not possible here', { cause }),
  oauth_provider_not_supported: (cause) => invalid('This provider is not known', { cause }),
  saml_provider_disabled: (cause) => forbidden('Single sign-on is not possible here', { cause }),
  sso_provider_not_found: (cause) => notFound('There is no single sign-on for this domain.', { cause }),
  flow_state_not_found: badFlow,
  flow_state_expired: badFlow,
  bad_code_verifier: badFlow,
  refresh_token_not_found: deadRefreshToken,
  refresh_token_already_used: deadRefreshToken,
  session_not_found: signedOut,
  session_expired: signedOut,
  bad_jwt: signedOut,
  no_authorization: signedOut,
  user_not_found: (cause) => notFound('There is no such user.', { cause }),
  conflict: (cause) => conflict('The same was asked for at the same time. Try again.', { cause }),
  hook_timeout: (cause) => unavailable(undefined, { cause }),
  hook_timeout_after_retry: (cause) => unavailable(undefined, { cause }),
};

const BY_STATUS: Readonly<Record<number, Refusal>> = {
  401: signedOut,
  403: (cause) => forbidden(undefined, { cause }),
  404: (cause) => notFound(undefined, { cause }),
  409: (cause) => conflict('The request contradicts what is stored.', { cause }),
};

const NOT_BY_AUTH: ReadonlySet<number> = new Set([401, 404, 409]);

/** What we read of an error of `@supabase/auth-js`. */
export interface UpstreamRefusal {
  name?: unknown;
  message?: unknown;
  status?: unknown;
  code?: unknown;
  reasons?: unknown;
}

/** What some codes mean for one operation, where that differs. */
export type Overrides = Readonly<Record<string, Refusal>> & { otherwise?: Refusal };

/**
 * An error of Supabase Auth as one of ours. Its message stays behind, as it may repeat the request. Whatever is not a clear refusal (no connection, no JSON, 5xx, a refused API key) is `unavailable`.
 */
export function upstreamError(error: unknown, overrides: Overrides = {}): AppError {
  if (error instanceof AppError) return error;
  const refusal = (typeof error === 'object' && error !== null ? error : {}) as UpstreamRefusal;
  const status = typeof refusal.status === 'number' ? refusal.status : 0;
  if (status === 429) return rateLimited(secondsToWait(refusal), { cause: error });
  if (!isRefusal(refusal, status))
    return unavailable(undefined, { cause: status > 0 ? upstreamFailure(status, refusal.code) : error });
  if (refusal.name === 'AuthSessionMissingError') return (overrides.otherwise ?? signedOut)(refusal);
  const code = typeof refusal.code === 'string' ? refusal.code : '';
  const known = overrides[code] ?? BY_CODE[code] ?? overrides.otherwise ?? BY_STATUS[status];
  // Supabase Auth names its reason; without one the gateway before it has judged, which has not found it, or not let us in.
  if (code === '' && known === BY_STATUS[status] && NOT_BY_AUTH.has(status))
    return unavailable(undefined, { cause: upstreamFailure(status) });
  return known ? known(refusal) : invalid('Supabase does not accept this request.', { cause: error });
}

/** Errors in which Supabase itself has judged the request. */
const REFUSALS: readonly unknown[] = [
  'AuthApiError',
  'AuthWeakPasswordError',
  'AuthSessionMissingError',
  'AuthInvalidCredentialsError',
];

function isRefusal(error: UpstreamRefusal, status: number): boolean {
  if (!REFUSALS.includes(error.name) || status < 400 || status >= 500 || isOfThePlatform(status))
    return false;
  return !isAboutOurKey(status, error.code, error.message);
}

/** Supabase tells in its message how long; a minute where it does not. */
function secondsToWait(error: UpstreamRefusal): number {
  const seconds = /after (\d{1,5}) second/.exec(text(error.message))?.[1];
  return seconds === undefined ? 60 : Math.max(1, Number(seconds));
}

const WEAKNESSES: Readonly<Record<string, string>> = {
  length: 'it is too short',
  characters: 'it needs more kinds of characters',
  pwned: 'it is known from leaks',
};

function weakness({ reasons }: UpstreamRefusal): string {
  const known = (Array.isArray(reasons) ? reasons : [])
    .map((reason) => WEAKNESSES[String(reason)])
    .filter((reason) => reason !== undefined);
  return known.length === 0 ? 'The password is too weak' : `The password is too weak: ${known.join(', ')}`;
}

const text = (value: unknown): string => (typeof value === 'string' ? value : '');
