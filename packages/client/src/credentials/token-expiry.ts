/** When a token was made and when it ends, in seconds since 1970, by its own words. Nothing is verified. */
export interface TokenTimes {
  issuedAt: number;
  expiresAt: number;
}

/** Undefined for a token that does not say. */
export function timesOf(accessToken: string): TokenTimes | undefined {
  try {
    const payload = (accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    const { iat, exp } = JSON.parse(new TextDecoder().decode(bytes)) as { iat?: unknown; exp?: unknown };
    return typeof iat === 'number' && typeof exp === 'number' ? { issuedAt: iat, expiresAt: exp } : undefined;
  } catch {
    return undefined;
  }
}
