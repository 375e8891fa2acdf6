/**
 * Supabase's roles, as its Postgres image creates them. Roles belong to the whole cluster, so several databases that
 * start at once may create the same role: an advisory lock serialises them where they share a database, and the
 * exceptions are the losers of the other races.
 */
const ROLES: readonly (readonly [name: string, options: string])[] = [
  ['supabase_admin', 'superuser login createdb createrole replication bypassrls'],
  ['supabase_replication_admin', 'login replication'],
  ['supabase_etl_admin', 'login replication'],
  ['supabase_read_only_user', 'login bypassrls'],
  ['anon', 'nologin noinherit'],
  ['authenticated', 'nologin noinherit'],
  ['service_role', 'nologin noinherit bypassrls'],
  ['authenticator', 'login noinherit'],
  ['supabase_auth_admin', 'login noinherit createrole'],
  ['supabase_storage_admin', 'login noinherit createrole'],
  ['supabase_realtime_admin', 'nologin noinherit'],
  ['supabase_functions_admin', 'login noinherit createrole'],
  ['dashboard_user', 'nologin createdb createrole replication'],
  ['pgbouncer', 'login'],
];

const MEMBERSHIPS: readonly (readonly [role: string, member: string])[] = [
  ['anon', 'authenticator'],
  ['authenticated', 'authenticator'],
  ['service_role', 'authenticator'],
  ['supabase_admin', 'authenticator'],
  ['anon', 'postgres'],
  ['authenticated', 'postgres'],
  ['service_role', 'postgres'],
  ['authenticator', 'supabase_storage_admin'],
  ['pg_read_all_data', 'supabase_read_only_user'],
  ['pg_monitor', 'postgres'],
  ['supabase_realtime_admin', 'postgres'],
  ['supabase_functions_admin', 'postgres'],
];

const ROLE_SETTINGS: readonly (readonly [role: string, setting: string])[] = [
  ['postgres', `search_path to "$user", public, extensions`],
  ['supabase_admin', `search_path to "$user", public, auth, extensions`],
  ['supabase_auth_admin', 'search_path to auth'],
  ['supabase_auth_admin', `idle_in_transaction_session_timeout to '60s'`],
  ['supabase_storage_admin', 'search_path to storage'],
  ['anon', `statement_timeout to '3s'`],
  ['authenticated', `statement_timeout to '8s'`],
  ['authenticator', `statement_timeout to '8s'`],
  ['authenticator', `lock_timeout to '8s'`],
];

/** @param localPassword the password that roles with login get; not given on a cluster that is not ours. */
export function rolesSql(localPassword?: string): string {
  const create = ROLES.map(([name, options]) => {
    const password = localPassword && options.includes(' login') ? ` password '${localPassword}'` : '';
    return onlyOnce(
      `create role ${name} ${options}${password}`,
      `exists (select from pg_roles where rolname = '${name}')`,
    );
  });
  const grant = MEMBERSHIPS.map(([role, member]) =>
    onlyOnce(
      `grant ${role} to ${member}`,
      `not exists (select from pg_roles where rolname = '${member}') or pg_has_role('${member}', '${role}', 'member')
        and exists (select from pg_auth_members where roleid = '${role}'::regrole and member = '${member}'::regrole)`,
    ),
  );
  const settings = ROLE_SETTINGS.map(([role, setting]) =>
    onlyOnce(
      `alter role ${role} set ${setting}`,
      `not exists (select from pg_roles where rolname = '${role}')
        or exists (select from pg_db_role_setting, unnest(setconfig) s
          where setrole = '${role}'::regrole and s like '${setting.split(' ')[0] ?? ''}=%')`,
    ),
  );
  return [...create, ...grant, ...settings].join('\n');
}

/** A statement that is left out when its result is there already, and may lose a race against its twin. */
function onlyOnce(statement: string, done: string): string {
  return `do $once$ begin
    if not (${done}) then ${statement}; end if;
  exception when duplicate_object or unique_violation or internal_error then null;
  end $once$;`;
}
