import type { AppError } from '../platform/errors/app-error.js';
import {
  conflict,
  forbidden,
  invalid,
  notFound,
  payloadTooLarge,
  rateLimited,
  unavailable,
} from '../platform/errors/errors.js';
import { signedOut } from './upstream-error.js';
import { isAboutOurKey, isOfThePlatform, upstreamFailure } from './upstream-failure.js';

/** What PostgREST says when it refuses. */
interface RestRefusal {
  code: string;
  message: string;
}

type Refuse = (detail: string, cause: unknown) => AppError;

const asInvalid: Refuse = (detail, cause) => invalid(detail, { cause });
const asForbidden: Refuse = (detail, cause) => forbidden(detail, { cause });
const asNotFound: Refuse = (detail, cause) => notFound(detail, { cause });
const asConflict: Refuse = (detail, cause) => conflict(detail, { cause });
const asSignedOut: Refuse = (_, cause) => signedOut(cause);
const asUnavailable: Refuse = (_, cause) => unavailable(undefined, { cause });

/**
 * SQLSTATEs and PostgREST's own codes; a prefix stands for its family, and the first that fits counts.
 * https://docs.postgrest.org/en/stable/references/errors.html
 */
const BY_CODE: readonly (readonly [prefix: string, refuse: Refuse])[] = [
  ['42501', asForbidden],
  ['28', asUnavailable],
  ['42P01', asNotFound],
  ['42883', asNotFound],
  ['PGRST202', asNotFound],
  ['PGRST205', asNotFound],
  ['PGRST125', asNotFound],
  ['PGRST0', asUnavailable],
  ['PGRST300', asUnavailable],
  ['PGRST3', asSignedOut],
  ['23505', asConflict],
  ['23503', asConflict],
  ['23P01', asConflict],
  ['40', asConflict],
  ['55P03', asConflict],
  ['08', asUnavailable],
  ['53', asUnavailable],
  ['57', asUnavailable],
  ['PGRST', asInvalid],
  ['22', asInvalid],
  ['23', asInvalid],
  ['21', asInvalid],
  ['42', asInvalid],
  ['P0', asInvalid],
  // Too complex, and not in a state for it (a view that takes no rows): what was asked is the reason.
  ['54', asInvalid],
  ['55', asInvalid],
];

const BY_STATUS: Readonly<Record<number, Refuse>> = {
  401: asSignedOut,
  403: asForbidden,
  404: asNotFound,
  409: asConflict,
  413: (detail, cause) => payloadTooLarge(detail, { cause }),
  429: (_, cause) => rateLimited(60, { cause }),
};

/** Reasons are short; what is longer repeats the request. */
const LONGEST_DETAIL = 1_000;

/**
 * A refusal of PostgREST as one of ours: its reason stays the detail, as it is about the caller's own request. Whatever
 * is no refusal (5xx, no JSON, a refused API key) is `unavailable`, and its text stays behind.
 */
export function restError(status: number, answer: unknown): AppError {
  const refusal = refusalOf(answer);
  const cause = upstreamFailure(status, refusal?.code);
  if (!refusal) return status === 429 ? rateLimited(60, { cause }) : unavailable(undefined, { cause });
  const detail = refusal.message.slice(0, LONGEST_DETAIL);
  // An operator that a type does not have; the code is that of an unknown function.
  if (refusal.code === '42883' && /^operator /i.test(refusal.message)) return asInvalid(detail, cause);
  const known = BY_CODE.find(([prefix]) => refusal.code.startsWith(prefix))?.[1];
  if (known) return known(detail, cause);
  if (status >= 500 || isOfThePlatform(status) || isAboutOurKey(status, refusal.code, refusal.message))
    return asUnavailable(detail, cause);
  return (BY_STATUS[status] ?? asInvalid)(detail, cause);
}

function refusalOf(answer: unknown): RestRefusal | undefined {
  if (typeof answer !== 'object' || answer === null) return undefined;
  const { code, message } = answer as Record<string, unknown>;
  if (typeof message !== 'string') return undefined;
  return { code: typeof code === 'string' ? code : '', message };
}
