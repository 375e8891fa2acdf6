import type { ConfigTree } from '../context.ts';
import { section } from '../config/config.ts';
import type { RoleSettings } from './schema/schema.cache.ts';

/** How REST is to behave: `[api]` of config.toml, and over it what is set on the login role as `pgrst.*`. */
export interface RestConfig {
  readonly schemas: readonly string[];
  readonly extraSearchPath: readonly string[];
  readonly maxRows: number | undefined;
  readonly plans: boolean;
  readonly aggregates: boolean;
  /** How a transaction ends, and whether `Prefer: tx=` may change that. */
  readonly rollsBack: boolean;
  readonly txOverride: boolean;
  /** A function that runs before each request. */
  readonly preRequest: readonly string[] | undefined;
}

/** PostgREST logs in as this role; its settings are those of every request, and its `pgrst.*` configure REST. */
export const LOGIN_ROLE = 'authenticator';

export function restConfig(config: ConfigTree, roles: RoleSettings): RestConfig {
  const { schemas, max_rows: maxRows, extra_search_path: extra } = section(config, 'api');
  const settings = roles.get(LOGIN_ROLE);
  const setting = (name: string): string | undefined => settings?.get(`pgrst.${name}`);
  const list = (name: string, otherwise: readonly string[]): readonly string[] =>
    setting(name)
      ?.split(',')
      .map((entry) => entry.trim())
      .filter((entry) => entry !== '') ?? otherwise;
  const rows = setting('db_max_rows') ?? (typeof maxRows === 'number' ? String(maxRows) : '');
  const end = setting('db_tx_end') ?? 'commit';
  const preRequest = setting('db_pre_request');
  return {
    schemas: list('db_schemas', texts(schemas, ['public'])),
    extraSearchPath: list('db_extra_search_path', texts(extra, ['public'])),
    maxRows: /^\d+$/.test(rows) && rows !== '0' ? Number(rows) : undefined,
    plans: setting('db_plan_enabled') === 'true',
    aggregates: setting('db_aggregates_enabled') === 'true',
    rollsBack: end.startsWith('rollback'),
    txOverride: end.endsWith('-allow-override'),
    preRequest: preRequest === undefined || preRequest === '' ? undefined : preRequest.split('.'),
  };
}

function texts(given: unknown, otherwise: readonly string[]): readonly string[] {
  return Array.isArray(given)
    ? given.filter((entry): entry is string => typeof entry === 'string')
    : otherwise;
}
