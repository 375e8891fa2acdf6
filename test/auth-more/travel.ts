import type { OidcServer } from '../../packages/local-supabase/test/auth/external/oidc-server.ts';

/** Where a request is sent on to, as a browser would follow it; empty when it is not. */
export const follow = async (url: string | URL, init: RequestInit = {}): Promise<string> =>
  (await fetch(url, { redirect: 'manual', ...init })).headers.get('location') ?? '';

/** What a browser does with the URL of a sign-in: Supabase, the provider, Supabase, and back to the API. */
export async function travel(url: string, oidc: OidcServer): Promise<URL> {
  const atProvider = url.startsWith(oidc.url) ? url : await follow(url);
  return new URL(await follow(await oidc.browse(atProvider)));
}

/** What the browser brings along in the fragment of the URL it ends at. */
export const fragmentOf = (location: string | null): Record<string, string> =>
  Object.fromEntries(new URLSearchParams(new URL(location ?? '').hash.slice(1)));
