import { STORAGE_ERRORS } from '../errors/storage.errors.ts';

const HEADER = 'X-Robots-Tag';

const RULE = /^(?:all|noindex|nofollow|none|nosnippet|indexifembedded|notranslate|noimageindex)$/;
const WITH_VALUE = /^(max-snippet|max-image-preview|max-video-preview|unavailable_after):\s*(.*)$/s;
/** A date has commas of its own; it ends where the next rule, or the name of a crawler, begins. */
const DATE =
  /^unavailable_after:\s*(.+?)(?=,\s*(?:all|noindex|nofollow|none|nosnippet|indexifembedded|notranslate|noimageindex|max-[a-z-]+:|unavailable_after|[\w-]+:)|$)/s;
const PREVIEWS = ['none', 'standard', 'large'];

/**
 * Checks what a client wants crawlers to be told of an object: rules, alone or behind a crawler's name.
 * @throws StorageError InvalidRequest (`invalid_x_robots_tag`), in storage-api's words
 */
export function mustBeRobotsTag(tag: string): void {
  if (tag.trim() === '')
    throw STORAGE_ERRORS.invalidRobotsTag(`${HEADER} header value must be a non-empty string`);
  for (const rule of rulesOf(tag)) mustBeRule(rule);
}

/** What crawlers are told of an object; what is no rule, from a row written by SQL, counts as nothing said. */
export function robotsTagOr(tag: unknown, otherwise: string): string {
  if (typeof tag !== 'string') return otherwise;
  try {
    mustBeRobotsTag(tag);
    return tag;
  } catch {
    return otherwise;
  }
}

function rulesOf(tag: string): string[] {
  const rules: string[] = [];
  for (let rest = tag.trim(); rest !== '';) {
    const [whole = rest.split(',', 1)[0] ?? ''] = DATE.exec(rest) ?? [];
    rules.push(whole.trim());
    rest = rest.slice(whole.length).replace(/^,/, '').trim();
  }
  return rules;
}

function mustBeRule(rule: string): void {
  if (rule === '') throw STORAGE_ERRORS.invalidRobotsTag(`${HEADER} header contains empty rule`);
  // Names of crawlers are taken off one after the other.
  for (let rest = rule; !RULE.test(rest);) {
    const [, name, value] = WITH_VALUE.exec(rest) ?? [];
    if (name !== undefined && value !== undefined) {
      mustBeValue(name, value.trim());
      return;
    }
    const colon = rest.indexOf(':');
    if (colon === -1) throw STORAGE_ERRORS.invalidRobotsTag(`Invalid ${HEADER} rule: "${rest}"`);
    const crawler = rest.slice(0, colon).trim();
    rest = rest.slice(colon + 1).trim();
    if (rest === '') {
      throw STORAGE_ERRORS.invalidRobotsTag(`${HEADER} user agent "${crawler}" has no rules specified`);
    }
  }
}

function mustBeValue(name: string, value: string): void {
  if (value === '') throw STORAGE_ERRORS.invalidRobotsTag(`${HEADER} rule "${name}" requires a value`);
  const [holds, must] =
    name === 'max-image-preview'
      ? [PREVIEWS.includes(value), `one of: ${PREVIEWS.join(', ')}`]
      : name === 'unavailable_after'
        ? [!Number.isNaN(Date.parse(value)), 'a valid date']
        : [parseInt(value, 10) >= -1, 'a number >= -1'];
  if (!holds)
    throw STORAGE_ERRORS.invalidRobotsTag(`${HEADER} "${name}" value must be ${must}, got: "${value}"`);
}
