import { isIP } from 'node:net';
import { globToRegExp } from './redirect-glob.ts';

/**
 * Decides where links may lead: to the site's own host, to the loopback addresses, and to what the project allows.
 * The rules are GoTrue's.
 */
export class RedirectTargets {
  readonly #siteUrl: string;
  readonly #siteHost: string | undefined;
  readonly #allowed: readonly RegExp[];

  constructor(siteUrl: string, globs: readonly string[]) {
    this.#siteUrl = siteUrl;
    this.#siteHost = parse(siteUrl)?.hostname;
    this.#allowed = globs.map(globToRegExp);
  }

  /** The first allowed one of `candidates` (asked for, then the referrer), else the site. */
  choose(...candidates: readonly (string | undefined)[]): string {
    return candidates.find((url) => url !== undefined && this.isAllowed(url)) ?? this.#siteUrl;
  }

  isAllowed(text: string): boolean {
    const url = text === '' ? undefined : parse(text);
    if (url === undefined) return false;
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    const isAddress = isWeb(url) && isIP(address) !== 0;
    if (isAddress && !isWrittenOut(text, url.hostname)) return false;
    if (isWeb(url) && url.hostname === this.#siteHost) return true;
    if (isAddress) return isLoopback(address);
    const withoutFragment = text.split('#')[0] ?? '';
    return this.#allowed.some((pattern) => pattern.test(withoutFragment));
  }
}

function parse(text: string): URL | undefined {
  return URL.parse(text) ?? undefined;
}

function isWeb(url: URL): boolean {
  return url.protocol === 'http:' || url.protocol === 'https:';
}

function isLoopback(address: string): boolean {
  return address.startsWith('127.') || address === '::1';
}

/** A URL parser turns 2130706433 into 127.0.0.1; such spellings are refused. */
function isWrittenOut(text: string, hostname: string): boolean {
  return text.toLowerCase().includes(hostname);
}
