import { createHmac, randomBytes } from 'node:crypto';

/** Who signs: the application and, once there is one, the user's token. */
export interface Signer {
  readonly key: string;
  readonly secret: string;
  readonly token?: string;
  readonly tokenSecret?: string;
}

/** What one request is stamped with; the defaults are a fresh nonce and the time. */
export interface Stamp {
  readonly nonce: string;
  /** Seconds since 1970. */
  readonly timestamp: number;
}

/** The `Authorization` header of a request signed by OAuth 1.0a with HMAC-SHA1 (RFC 5849). */
export function signRequest(
  method: string,
  url: URL,
  signer: Signer,
  parameters: Readonly<Record<string, string>> = {},
  stamp: Stamp = { nonce: randomBytes(16).toString('hex'), timestamp: Math.floor(Date.now() / 1000) },
): string {
  const header: Record<string, string> = {
    ...parameters,
    oauth_consumer_key: signer.key,
    oauth_nonce: stamp.nonce,
    oauth_signature_method: 'HMAC-SHA1',
    oauth_timestamp: String(stamp.timestamp),
    oauth_version: '1.0',
    ...(signer.token !== undefined && { oauth_token: signer.token }),
  };
  const signed = [...Object.entries(header), ...url.searchParams]
    .map(([name, value]) => `${escape(name)}=${escape(value)}`)
    .sort()
    .join('&');
  const base = [method, `${url.origin}${url.pathname}`, signed].map(escape).join('&');
  const key = `${escape(signer.secret)}&${escape(signer.tokenSecret ?? '')}`;
  const signature = createHmac('sha1', key).update(base).digest('base64');
  const fields = Object.entries({ ...header, oauth_signature: signature });
  return `OAuth ${fields.map(([name, value]) => `${escape(name)}="${escape(value)}"`).join(', ')}`;
}

/** RFC 3986, which is stricter than `encodeURIComponent`. */
function escape(text: string): string {
  return encodeURIComponent(text).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}
