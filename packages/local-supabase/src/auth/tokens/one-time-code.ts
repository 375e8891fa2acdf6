import { createHash, randomInt, timingSafeEqual } from 'node:crypto';

/** Marks a token whose link ends a PKCE flow: it answers with a code, not with a session. */
export const PKCE_PREFIX = 'pkce_';

/** A random code of `digits` decimal digits. */
export function generateCode(digits: number): string {
  return randomInt(0, 10 ** digits)
    .toString()
    .padStart(digits, '0');
}

/** What is stored instead of a code, and sent as the link's token: GoTrue's SHA-224 of address and code. */
export function hashCode(emailOrPhone: string, code: string): string {
  return createHash('sha224').update(`${emailOrPhone}${code}`).digest('hex');
}

/** Compares without telling by its time how much is equal. Either form of `expected`, plain or PKCE, is accepted. */
export function matchesToken(actual: string, expected: string | null): boolean {
  if (expected === null || expected === '') return false;
  return equal(actual, expected) || equal(`${PKCE_PREFIX}${actual}`, expected);
}

/** True when `sentAt` is unknown or `lifetime` milliseconds ago. */
export function isExpired(sentAt: Date | null, lifetime: number): boolean {
  return sentAt === null || Date.now() > sentAt.getTime() + lifetime;
}

function equal(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}
