import type { AppError } from '../platform/errors/app-error.js';
import { conflict, forbidden, invalid, rateLimited, unavailable } from '../platform/errors/errors.js';
import { signedOut } from './upstream-error.js';

type Refusal = (reason: string) => AppError;

const dead: Refusal = (reason) => signedOut(new Error(reason));
const busy: Refusal = (reason) => rateLimited(60, { cause: new Error(reason) });
const kept: Refusal = (reason) => forbidden(withoutCode(reason), { cause: new Error(reason) });

/** The codes with which Realtime begins the reason of a refused join, and what they mean here. */
const BY_CODE: Readonly<Record<string, Refusal>> = {
  Unauthorized: kept,
  PrivateOnly: kept,
  MalformedJWT: dead,
  InvalidJWTToken: dead,
  InvalidJWTExpiration: dead,
  JwtSignatureError: dead,
  JwtSignerError: dead,
  ChannelRateLimitReached: busy,
  ClientJoinRateLimitReached: busy,
  ConnectionRateLimitReached: busy,
  TopicNameRequired: (reason) => invalid(withoutCode(reason)),
  RealtimeDisabledForConfiguration: (reason) => invalid(withoutCode(reason)),
};

/** A refused join. Supabase's reason is kept where it is about the request; what is about Supabase is `unavailable`. */
export function refusedJoin(reason: string): AppError {
  const code = /^(\w+):/.exec(reason)?.[1] ?? '';
  return BY_CODE[code]?.(reason) ?? unavailable(undefined, { cause: new Error(reason) });
}

/** Row changes that Supabase does not give: a table that is not published, a filter that is none. */
export function refusedChanges(message: string): AppError {
  return OUTAGE.test(message)
    ? unavailable(undefined, { cause: new Error(message) })
    : invalid(message.slice(0, 1_000), { cause: new Error(message) });
}

const OUTAGE = /unable to connect|connection|time(d)? ?out|terminat/i;

/** On one socket a channel is joined once: as a public or as a private one. */
export const otherPrivacy = (channel: string): AppError =>
  conflict(`You are subscribed to ${channel} with another "private". End that subscription first.`);

const withoutCode = (reason: string): string => reason.replace(/^\w+:\s*/, '');
