import { invalid, unavailable } from '../platform/errors/errors.js';

const NOT_OURS = 'signed_url must be a signed upload URL of the configured Supabase';

/** A signed path as Supabase answers it, relative, as an absolute URL. */
export function absolute(storageUrl: string, path: string): string {
  if (!path.startsWith('/'))
    throw unavailable(undefined, { cause: new Error("Supabase's answer has no path") });
  return `${storageUrl}${path}`;
}

/**
 * A signed upload URL, checked to be one of the configured Supabase: the request that follows carries a file, and must
 * never leave for anywhere else. What is compared is what a request would be sent to, with every `..` resolved.
 * @throws AppError `validation`
 */
export function ownUploadUrl(storageUrl: string, signedUrl: string): string {
  const own = new URL(storageUrl);
  if (!URL.canParse(signedUrl)) throw invalid(NOT_OURS);
  const url = new URL(signedUrl);
  const isOwn =
    url.origin === own.origin &&
    url.username === '' &&
    url.password === '' &&
    url.pathname.startsWith(`${own.pathname}/object/upload/sign/`) &&
    // A slash that is no slash yet could become one behind us.
    !/%(2f|5c|00)/i.test(url.pathname) &&
    url.searchParams.has('token');
  if (!isOwn) throw invalid(NOT_OURS);
  return `${own.origin}${url.pathname}${url.search}`;
}
