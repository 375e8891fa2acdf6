/** When a token was made and when it ends, in seconds since 1970, by its own words. Nothing is verified. */
export interface TokenTimes {
  issuedAt: number;
  expiresAt: number;
}

/** Undefined for a token that does not say. */
export function timesOf(accessToken: string): TokenTimes | undefined {
  const { iat, exp } = claimsOf(accessToken);
  return typeof iat === 'number' && typeof exp === 'number' ? { issuedAt: iat, expiresAt: exp } : undefined;
}

/** Whose token it is, by its own words; undefined when it does not say. */
export function subjectOf(accessToken: string): string | undefined {
  const { sub } = claimsOf(accessToken);
  return typeof sub === 'string' ? sub : undefined;
}

function claimsOf(accessToken: string): Readonly<Record<string, unknown>> {
  try {
    const payload = (accessToken.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(payload), (char) => char.charCodeAt(0));
    const claims: unknown = JSON.parse(new TextDecoder().decode(bytes));
    return typeof claims === 'object' && claims !== null ? (claims as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
