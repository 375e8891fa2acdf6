import { refusals } from '../errors/refusals.ts';

/** The `Prefer` header, as far as it is understood. */
export interface Preferences {
  readonly return?: 'representation' | 'minimal' | 'headers-only';
  readonly count?: 'exact' | 'planned' | 'estimated';
  readonly resolution?: 'merge-duplicates' | 'ignore-duplicates';
  readonly missing?: 'default' | 'null';
  readonly handling?: 'strict' | 'lenient';
  readonly tx?: 'commit' | 'rollback';
  readonly timezone?: string;
  readonly 'max-affected'?: string;
}

const KNOWN: Readonly<Record<string, readonly string[]>> = {
  return: ['representation', 'minimal', 'headers-only'],
  count: ['exact', 'planned', 'estimated'],
  resolution: ['merge-duplicates', 'ignore-duplicates'],
  missing: ['default', 'null'],
  handling: ['strict', 'lenient'],
  tx: ['commit', 'rollback'],
};

/** @throws RestError PGRST122 where `handling=strict` comes with what nobody knows */
export function readPreferences(header: string | undefined): Preferences {
  const given: Record<string, string> = {};
  const unknown: string[] = [];
  for (const entry of (header ?? '').split(',').map((text) => text.trim())) {
    if (entry === '') continue;
    const [name = '', text = ''] = entry.split('=', 2).map((part) => part.trim());
    if (isKnown(name, text)) given[name] ??= text;
    else unknown.push(entry);
  }
  if (given.handling === 'strict' && unknown.length > 0) throw refusals.preferences(unknown);
  return given;
}

function isKnown(name: string, text: string): boolean {
  if (name === 'max-affected') return /^\d+$/.test(text);
  if (name === 'timezone') return isTimeZone(text);
  return KNOWN[name]?.includes(text) ?? false;
}

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat('en', { timeZone: name }).resolvedOptions().timeZone !== '';
  } catch {
    return false;
  }
}

/** What the answer says of them: those that had a say in it. */
export function preferencesApplied(
  preferences: Preferences,
  names: readonly (keyof Preferences)[],
): string | undefined {
  const applied = names.flatMap((name) => {
    const text = preferences[name];
    return text === undefined ? [] : [`${name}=${text}`];
  });
  return applied.length === 0 ? undefined : applied.join(', ');
}
