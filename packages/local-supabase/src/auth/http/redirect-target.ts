import { isIP } from 'node:net';
import { globToRegExp } from './redirect-glob.ts';

/**
 * Decides where links may lead: to the site itself, to the loopback addresses, and to what the project allows.
 * The rules are GoTrue's.
 */
export class RedirectTargets {
  readonly #siteUrl: string;
  readonly #site: URL | null;
  readonly #allowed: readonly RegExp[];

  constructor(siteUrl: string, globs: readonly string[]) {
    this.#siteUrl = siteUrl;
    this.#site = URL.parse(siteUrl);
    this.#allowed = globs.map(globToRegExp);
  }

  /** The first allowed one of `candidates` (asked for, then the referrer), else the site. */
  choose(...candidates: readonly (string | undefined)[]): string {
    return candidates.find((url) => url !== undefined && this.isAllowed(url)) ?? this.#siteUrl;
  }

  isAllowed(text: string): boolean {
    // Browsers pass over spaces and control characters, and so may read another address than we do.
    if (text === '' || /[\p{Cc} ]/u.test(text)) return false;
    const isWeb = /^https?:/i.test(text);
    const url = URL.parse(text);
    // Schemes of apps may have characters that no URL has.
    if (!isWeb || url === null) return !isWeb && this.#isListed(text);
    if (!isWrittenOut(text, url.hostname)) return false;
    if (this.#isSite(url)) return true;
    const address = url.hostname.replace(/^\[(.*)\]$/, '$1');
    if (isIP(address) !== 0) return isLoopback(address);
    return HOSTNAME.test(url.hostname) && this.#isListed(text);
  }

  #isListed(text: string): boolean {
    const withoutFragment = text.split('#')[0] ?? '';
    return this.#allowed.some((pattern) => pattern.test(withoutFragment));
  }

  /** Native applications listen where there is a port: on loopback it may be any (RFC 8252, 7.3). */
  #isSite({ protocol, hostname, port }: URL): boolean {
    const site = this.#site;
    if (site?.protocol !== protocol || site.hostname !== hostname) return false;
    return site.port === port || hostname === 'localhost' || isLoopback(hostname.replace(/^\[(.*)\]$/, '$1'));
  }
}

const HOSTNAME = /^[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?$/;

function isLoopback(address: string): boolean {
  return /^127(?:\.\d+){3}$/.test(address) || address === '::1';
}

/** A URL parser turns 2130706433 into 127.0.0.1, and has other spellings of hosts; all these are refused. */
function isWrittenOut(text: string, hostname: string): boolean {
  const written = /^https?:\/\/(?:[^/?#\\]*@)?(\[[^\]]*\]|[^/?#\\:]*)/i.exec(text)?.[1];
  return written?.toLowerCase() === hostname;
}
