import type { IncomingHttpHeaders } from 'node:http';

/** Longer ones are refused unread. Node refuses all headers together at 16 KiB. */
const MAX_LENGTH = 12_288;

const BEARER = /^bearer +([\w-]+\.[\w-]+\.[\w-]+) *$/i;

/** The token of `Authorization: Bearer …`: null when there is no such header, undefined when it holds no JWT. */
export function bearerToken(headers: IncomingHttpHeaders): string | null | undefined {
  const { authorization } = headers;
  if (authorization === undefined || authorization === '') return null;
  return authorization.length <= MAX_LENGTH ? BEARER.exec(authorization)?.[1] : undefined;
}
