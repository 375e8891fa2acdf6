import { refusals } from '../errors/refusals.ts';

/** The `Prefer` header, as far as it is understood. */
export interface Preferences {
  readonly return?: 'representation' | 'minimal' | 'headers-only';
  readonly count?: 'exact' | 'planned' | 'estimated';
  readonly resolution?: 'merge-duplicates' | 'ignore-duplicates' | undefined;
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

/**
 * @param txOverride - whether a request may say how its transaction ends
 * @throws RestError PGRST122 where `handling=strict` comes with what nobody knows
 */
export function readPreferences(header: string | undefined, txOverride: boolean): Preferences {
  const given: Record<string, string> = {};
  const unknown: string[] = [];
  for (const entry of (header ?? '').split(',').map((text) => text.trim())) {
    if (entry === '') continue;
    const [name = '', text = ''] = entry.split('=', 2).map((part) => part.trim());
    if (isKnown(name, text)) given[name] ??= text;
    else unknown.push(entry);
  }
  if (given.handling === 'strict' && unknown.length > 0) throw refusals.preferences(unknown);
  if (!txOverride) delete given.tx;
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

/** Whether rows are counted that no planner knows of: those of a write or a call. */
export function counts({ count }: Preferences): boolean {
  return count === 'exact' || count === 'estimated';
}

/** As the answer lists them. */
const ORDER = [
  'resolution',
  'missing',
  'return',
  'count',
  'tx',
  'handling',
  'timezone',
  'max-affected',
] as const;

/** The header that says which of them, among those named, had a say in the answer; none where none had. */
export function preferencesApplied(
  preferences: Preferences,
  names: readonly (keyof Preferences)[],
): [name: string, value: string][] {
  const applied = ORDER.flatMap((name) => {
    const text = preferences[name];
    const counts = names.includes(name) && (name !== 'max-affected' || preferences.handling === 'strict');
    return text === undefined || !counts ? [] : [`${name}=${text}`];
  });
  return applied.length === 0 ? [] : [['preference-applied', applied.join(', ')]];
}
