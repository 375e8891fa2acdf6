/** What a token claims about its own signature; nothing of it is believed, it only tells which key to try. */
export interface TokenHeader {
  alg: string;
  kid: string | undefined;
}

/** The first part of a JWT; undefined for what is none. */
export function readTokenHeader(token: string): TokenHeader | undefined {
  try {
    const first = token.slice(0, token.indexOf('.'));
    const header = JSON.parse(Buffer.from(first, 'base64url').toString('utf8')) as Record<
      string,
      unknown
    > | null;
    if (header === null || typeof header.alg !== 'string') return undefined;
    return { alg: header.alg, kid: typeof header.kid === 'string' ? header.kid : undefined };
  } catch {
    return undefined;
  }
}
