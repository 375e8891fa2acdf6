import type { AppError } from '../platform/errors/app-error.js';
import {
  conflict,
  forbidden,
  invalid,
  notFound,
  payloadTooLarge,
  rangeNotSatisfiable,
  rateLimited,
  unavailable,
  unsupportedMediaType,
} from '../platform/errors/errors.js';
import { signedOut } from './upstream-error.js';
import { isAboutOurKey, upstreamFailure } from './upstream-failure.js';

/** Reasons are short; what is longer repeats the request. */
const LONGEST_DETAIL = 1_000;

type Refuse = (detail: string, cause: unknown) => AppError;

const BY_STATUS: Readonly<Record<number, Refuse>> = {
  400: (detail, cause) => invalid(detail, { cause }),
  401: (_, cause) => signedOut(cause),
  403: (detail, cause) => (isAboutToken(detail) ? signedOut(cause) : forbidden(detail, { cause })),
  404: (detail, cause) => notFound(detail, { cause }),
  409: (detail, cause) => conflict(detail, { cause }),
  413: (detail, cause) => payloadTooLarge(detail, { cause }),
  415: (detail, cause) => unsupportedMediaType(detail, { cause }),
  416: (detail, cause) => rangeNotSatisfiable(detail, { cause }),
  422: (detail, cause) => invalid(detail, { cause }),
  423: (detail, cause) => conflict(detail, { cause }),
  429: (_, cause) => rateLimited(60, { cause }),
};

/** What Supabase Storage says about a token it does not take; it answers 403 then, or 400. */
const isAboutToken = (message: string): boolean =>
  /\bjw[kst]\b|"\w+" claim|signature verification|invalid token|header parameter|json web key/i.test(message);

/**
 * A refusal of Supabase Storage as one of ours: its reason stays the detail, as it is about the caller's own request. Most
 * come as HTTP 400 with the status that is meant in the body. Whatever is no refusal (5xx, no JSON) is `unavailable`.
 * @param text the answer's body
 * @param bySignedUrl the request was made with the token of a signed URL, not with a user's
 */
export function storageError(status: number, text: string, { bySignedUrl = false } = {}): AppError {
  const { statusCode, code, message } = parsed(text);
  const meant = Number(statusCode) || status;
  const cause = upstreamFailure(status, code);
  const refuse = BY_STATUS[meant];
  if (isAboutOurKey(status, code, message)) return unavailable(undefined, { cause });
  // A proxy in front of Supabase refuses a body that is too large in words of its own.
  if (typeof message !== 'string')
    return meant === 413 ? payloadTooLarge(undefined, { cause }) : unavailable(undefined, { cause });
  const detail = message.slice(0, LONGEST_DETAIL);
  if (code === 'InvalidJWT' || (meant === 400 && code !== 'InvalidKey' && isAboutToken(detail)))
    return bySignedUrl
      ? forbidden('The signed URL is not valid, or has expired.', { cause })
      : signedOut(cause);
  if (bySignedUrl && code === 'InvalidSignature')
    return forbidden('The signed URL is not valid, or has expired.', { cause });
  return refuse ? refuse(detail, cause) : unavailable(undefined, { cause });
}

function parsed(text: string): Record<string, unknown> {
  try {
    const answer: unknown = JSON.parse(text);
    return typeof answer === 'object' && answer !== null ? (answer as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
