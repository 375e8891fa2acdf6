import { headerOf, type S3Request } from '../s3.request.ts';
import type { ClientSignature } from './client.signature.ts';

/**
 * The text that was signed: AWS, "Create a canonical request". There are two where the path was sent in another spelling
 * than the one that is signed: clients sign either, and both name the same object.
 */
export function canonicalRequests(request: S3Request, signature: ClientSignature): string[] {
  const headers = [...signature.signedHeaders].sort();
  const rest = [
    queryOf(request.query),
    ...headers.map((name) => `${name}:${(valueOf(request, name) ?? '').trim().replace(/\s+/g, ' ')}`),
    '',
    headers.join(';'),
    signature.payload,
  ].join('\n');
  const spelt = request.path.split('/').map(respell).join('/');
  return [...new Set([request.path, spelt])].map((path) => `${request.method}\n${path}\n${rest}`);
}

/** As AWS spells what is in an address: everything but letters, digits and `-_.~` as `%XX`. */
export function encodeUri(text: string): string {
  return encodeURIComponent(text.toWellFormed()).replace(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  );
}

function respell(segment: string): string {
  return encodeUri(decodeURIComponent(segment));
}

function queryOf(query: URLSearchParams): string {
  return [...query]
    .filter(([name]) => name !== 'X-Amz-Signature')
    .map(([name, value]) => [encodeUri(name), encodeUri(value)] as const)
    .sort(([a, x], [b, y]) => compare(a, b) || compare(x, y))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function compare(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}

function valueOf(request: S3Request, name: string): string | undefined {
  if (name === 'host') return hostOf(request);
  // Node joins some headers by its own rule; AWS signs them joined by commas.
  const values = request.raw.headersDistinct[name];
  return values?.join(',') ?? (name === 'content-length' ? '0' : undefined);
}

/** The host that the client meant: in front of a proxy, as storage-api has it. */
function hostOf(request: S3Request): string | undefined {
  const forwarded = headerOf(request, 'x-forwarded-host')?.toLowerCase();
  if (forwarded === undefined) return headerOf(request, 'host');
  const port = headerOf(request, 'x-forwarded-port');
  if (port === undefined || ['80', '443'].includes(port)) return forwarded;
  return `${forwarded.replace(/:\d+$/, '')}:${port}`;
}
