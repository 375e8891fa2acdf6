/** Settings that differ from the backend's own, by name. Values as `current_setting` gives them. */
export type Settings = ReadonlyMap<string, string>;

export const NO_SETTINGS: Settings = new Map();

/** Names with a dot are the user's own; Postgres does not list them, so those seen in SQL are remembered. */
const CUSTOM_NAME = /\b[a-z_][\w$]*(?:\.[a-z_][\w$]*)+\b/gi;
const MAX_CUSTOM_NAMES = 500;

/** Collects names of custom settings from the SQL and the parameters of a session. */
export class CustomNames {
  private readonly names = new Set<string>();

  learn(text: string): void {
    for (const [name] of text.matchAll(CUSTOM_NAME)) {
      if (this.names.size < MAX_CUSTOM_NAMES && name.length < 64) this.names.add(name.toLowerCase());
    }
  }

  [Symbol.iterator](): Iterator<string> {
    return this.names.values();
  }
}

export const quoteLiteral = (text: string): string =>
  text.includes('\\')
    ? ` E'${text.replaceAll('\\', '\\\\').replaceAll("'", "''")}'`
    : `'${text.replaceAll("'", "''")}'`;
export const quoteIdentifier = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** Asks for all settings of the session that are not the backend's defaults. */
export function captureQuery(names: CustomNames): string {
  const custom = [...names].map((name) => `(${quoteLiteral(name)})`).join(',');
  return `select name, pg_catalog.current_setting(name) from pg_catalog.pg_settings
      where source = 'session' and name not like 'transaction\\_%'
    union all select 'role', pg_catalog.current_setting('role') where pg_catalog.current_setting('role') <> 'none'
    union all select 'session_authorization', session_user where session_user <> 'postgres'
    ${custom ? `union all select n, pg_catalog.current_setting(n, true) from (values ${custom}) v(n) where pg_catalog.current_setting(n, true) <> '' and not exists (select from pg_catalog.pg_settings where name = n)` : ''}`;
}

/** The statements that turn one state of the backend into another; empty when there is nothing to do. */
export function transition(from: Settings, to: Settings): string[] {
  const changed = [...to].filter(([name, value]) => from.get(name) !== value);
  const dropped = [...from.keys()].filter((name) => !to.has(name));
  if (changed.length === 0 && dropped.length === 0) return [];
  const steps: string[] = [];
  // Whoever the session was, only the superuser may set everything.
  if (from.has('role')) steps.push('reset role');
  // DEFAULT would be nobody: a stand-alone backend has no authenticated user to go back to.
  if (from.has('session_authorization')) steps.push('set session authorization postgres');
  for (const name of dropped) if (!isIdentity(name)) steps.push(`reset ${quoteSettingName(name)}`);
  for (const [name, value] of changed) if (!isIdentity(name)) steps.push(setting(name, value));
  const user = to.get('session_authorization');
  const role = to.get('role');
  if (user !== undefined) steps.push(`set session authorization ${quoteLiteral(user)}`);
  if (role !== undefined) steps.push(`set role ${quoteLiteral(role)}`);
  return steps;
}

const isIdentity = (name: string): boolean => name === 'role' || name === 'session_authorization';

/** SET would take `a, b` as one quoted name where a list is meant, as in search_path. */
function setting(name: string, value: string): string {
  return `select pg_catalog.set_config(${quoteLiteral(name)}, ${quoteLiteral(value)}, false)`;
}

function quoteSettingName(name: string): string {
  return name.split('.').map(quoteIdentifier).join('.');
}

/** Milliseconds of a time setting such as `5s`, `1min` or `250`; 0 is none. */
export function milliseconds(value: string | undefined): number {
  const match = /^(\d+(?:\.\d+)?)\s*(us|ms|s|min|h|d)?$/.exec(value?.trim() ?? '');
  if (!match) return 0;
  const unit = { us: 0.001, ms: 1, s: 1000, min: 60_000, h: 3_600_000, d: 86_400_000 }[match[2] ?? 'ms'] ?? 1;
  return Number(match[1]) * unit;
}
