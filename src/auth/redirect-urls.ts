import { Injectable } from '@nestjs/common';
import { TokenConfig } from '../platform/config/config.js';
import { invalidFields } from '../platform/errors/errors.js';

/** Schemes that run or show something by themselves. */
const DANGEROUS = ['javascript:', 'data:', 'vbscript:', 'blob:', 'file:', 'about:'];

/**
 * Where e-mails and sign-in flows may send a browser back to: only what `REDIRECT_URLS` allows, as otherwise anybody
 * could have our e-mails lead to a page of theirs. `*` stands for any characters but `/` and `.`, `**` for any at all.
 */
@Injectable()
export class RedirectUrls {
  private readonly allowed: readonly RegExp[];

  constructor({ redirectUrls }: TokenConfig) {
    this.allowed = redirectUrls.map(toRegExp);
  }

  /**
   * The URL, if it is allowed; undefined for none.
   * @throws AppError `validation` naming `redirect_url`
   */
  check(redirectUrl: string | undefined): string | undefined {
    if (redirectUrl === undefined) return undefined;
    const url = URL.parse(redirectUrl);
    const isSafe = url?.username === '' && url.password === '' && !DANGEROUS.includes(url.protocol);
    // Judged as the browser will read it, not as it was written.
    if (url && isSafe && this.allowed.some((pattern) => pattern.test(withoutEnd(url.href)))) return url.href;
    throw invalidFields([{ field: 'redirect_url', message: 'redirect_url is not one of the allowed URLs' }]);
  }
}

const withoutEnd = (href: string): string => href.replace(/#.*$/s, '').replace(/\/$/, '');

function toRegExp(pattern: string): RegExp {
  const source = withoutEnd(pattern)
    .split(/(\*\*|\*)/)
    .map((part) =>
      part === '**' ? '.*' : part === '*' ? '[^./?#@]*' : part.replaceAll(/[\\^$.*+?()[\]{}|]/g, '\\$&'),
    )
    .join('');
  return new RegExp(`^${source}$`, 's');
}
