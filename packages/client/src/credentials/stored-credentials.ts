import type { Credentials } from './credentials.types.ts';

/** What was stored, if it is credentials; null for anything else. */
export function credentialsIn(value: unknown): Credentials | null {
  if (typeof value !== 'object' || value === null) return null;
  const { accessToken, refreshToken } = value as Partial<Record<keyof Credentials, unknown>>;
  if (typeof accessToken !== 'string' || typeof refreshToken !== 'string') return null;
  return { accessToken, refreshToken };
}
