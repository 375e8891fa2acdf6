/**
 * Schemas, grants, default privileges and functions that a Supabase project has before its first migration. Idempotent.
 * Facts from the init scripts and migrations of supabase/postgres; tables of auth, storage and realtime belong to
 * the parts that serve them.
 */
const API_ROLES = 'postgres, anon, authenticated, service_role';

export const SCHEMAS_SQL = `
create schema if not exists extensions;
create schema if not exists auth authorization supabase_auth_admin;
create schema if not exists storage authorization supabase_storage_admin;
create schema if not exists realtime authorization supabase_admin;
create schema if not exists graphql_public;
create schema if not exists supabase_migrations;

create extension if not exists "uuid-ossp" with schema extensions;
create extension if not exists pgcrypto with schema extensions;

do $$ begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end $$;
`;

export const GRANTS_SQL = `
grant usage on schema public to ${API_ROLES};
grant create on schema public to postgres;
grant usage on schema extensions to ${API_ROLES};
grant all on schema extensions to dashboard_user;
grant all on all routines in schema extensions to dashboard_user;
grant usage on schema auth to ${API_ROLES};
grant all on schema auth to supabase_auth_admin, dashboard_user;
grant usage on schema storage to ${API_ROLES};
grant all on schema storage to supabase_storage_admin with grant option;
grant all on schema storage to dashboard_user;
grant usage on schema realtime to ${API_ROLES};
grant all on schema realtime to supabase_realtime_admin;
grant usage on schema graphql_public to ${API_ROLES};

do $$
declare creator text;
begin
  foreach creator in array array[current_user, 'postgres', 'supabase_admin'] loop
    if exists (select from pg_roles where rolname = creator) then
      execute format('alter default privileges for role %I in schema public grant all on tables to ${API_ROLES}', creator);
      execute format('alter default privileges for role %I in schema public grant all on functions to ${API_ROLES}', creator);
      execute format('alter default privileges for role %I in schema public grant all on sequences to ${API_ROLES}', creator);
    end if;
  end loop;
  execute format('grant all on database %I to dashboard_user', current_database());
  execute format('grant create on database %I to supabase_auth_admin, supabase_storage_admin', current_database());
end $$;

alter default privileges for role supabase_auth_admin in schema auth grant all on tables to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth grant all on sequences to postgres, dashboard_user;
alter default privileges for role supabase_auth_admin in schema auth grant all on routines to postgres, dashboard_user;
alter default privileges for role supabase_storage_admin in schema storage grant all on tables to ${API_ROLES};
alter default privileges for role supabase_storage_admin in schema storage grant all on functions to ${API_ROLES};
alter default privileges for role supabase_storage_admin in schema storage grant all on sequences to ${API_ROLES};
`;

/** What policies ask: whose request is this. PostgREST's old per-claim settings still win where they are set. */
export const AUTH_FUNCTIONS_SQL = `
create or replace function auth.uid() returns uuid language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.sub', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'sub'
  )::uuid
$$;
create or replace function auth.role() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.role', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'role'
  )
$$;
create or replace function auth.email() returns text language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim.email', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')::jsonb ->> 'email'
  )
$$;
create or replace function auth.jwt() returns jsonb language sql stable as $$
  select coalesce(
    nullif(current_setting('request.jwt.claim', true), ''),
    nullif(current_setting('request.jwt.claims', true), '')
  )::jsonb
$$;
do $$
declare signature text;
begin
  foreach signature in array array['auth.uid()', 'auth.role()', 'auth.email()', 'auth.jwt()'] loop
    execute format('alter function %s owner to supabase_auth_admin', signature);
    execute format('grant execute on function %s to public, postgres, dashboard_user', signature);
  end loop;
end $$;
`;

/** REST learns of new tables by these, as PostgREST does: `NOTIFY pgrst, 'reload schema'`. */
export const WATCH_SQL = `
create or replace function extensions.pgrst_ddl_watch() returns event_trigger language plpgsql as $$
declare command record;
begin
  for command in select * from pg_event_trigger_ddl_commands() loop
    if coalesce(command.schema_name, '') not in ('pg_temp', 'auth', 'realtime', '_realtime', 'storage')
      and command.command_tag ~ '^(CREATE|ALTER) (SCHEMA|TABLE|FOREIGN TABLE|VIEW|MATERIALIZED VIEW|FUNCTION|PROCEDURE|TYPE|DOMAIN|RULE|TRIGGER)|^(SELECT INTO|COMMENT|CREATE TABLE AS|GRANT|REVOKE)$'
    then
      notify pgrst, 'reload schema';
      return;
    end if;
  end loop;
end $$;
create or replace function extensions.pgrst_drop_watch() returns event_trigger language plpgsql as $$
declare dropped record;
begin
  for dropped in select * from pg_event_trigger_dropped_objects() loop
    if not dropped.is_temporary
      and coalesce(dropped.schema_name, '') not in ('auth', 'realtime', '_realtime', 'storage')
      and dropped.object_type in ('schema', 'table', 'foreign table', 'view', 'materialized view', 'function', 'type', 'rule', 'trigger', 'table constraint', 'table column')
    then
      notify pgrst, 'reload schema';
      return;
    end if;
  end loop;
end $$;
do $$ begin
  if not exists (select from pg_event_trigger where evtname = 'pgrst_ddl_watch') then
    create event trigger pgrst_ddl_watch on ddl_command_end execute function extensions.pgrst_ddl_watch();
  end if;
  if not exists (select from pg_event_trigger where evtname = 'pgrst_drop_watch') then
    create event trigger pgrst_drop_watch on sql_drop execute function extensions.pgrst_drop_watch();
  end if;
end $$;
`;

/** Where the inbox keeps what it catches. */
export const INBOX_SQL = `
create schema if not exists local_inbox;
create table if not exists local_inbox.messages (
  position bigint generated always as identity primary key,
  id uuid not null unique,
  recipient text not null,
  subject text not null,
  html text not null,
  text text not null,
  read boolean not null default false,
  created_at timestamptz not null default clock_timestamp()
);
`;

/** Extensions that a project has before its first migration, and the trigger function of database webhooks. */
export const INSTALLED_SQL = `
create schema if not exists graphql;
create schema if not exists vault;
create schema if not exists pgsodium;
create extension if not exists pg_graphql with schema graphql;
create extension if not exists pg_net with schema extensions;
create extension if not exists pg_stat_statements with schema extensions;
create extension if not exists supabase_vault with schema vault;
create schema if not exists supabase_functions;
grant usage on schema supabase_functions to ${API_ROLES};
create table if not exists supabase_functions.hooks (
  id bigint primary key generated by default as identity,
  hook_table_id int not null,
  hook_name text not null,
  created_at timestamptz not null default now(),
  request_id bigint
);
create or replace function supabase_functions.http_request() returns trigger
language plpgsql security definer set search_path = '' as $$
declare
  url text := tg_argv[0];
  method text := upper(tg_argv[1]);
  headers jsonb := coalesce(nullif(tg_argv[2], 'null'), '{"Content-Type": "application/json"}');
  params jsonb := coalesce(nullif(tg_argv[3], 'null'), '{}');
  timeout_ms int := coalesce(nullif(tg_argv[4], 'null')::int, 1000);
  request bigint;
begin
  if coalesce(url, 'null') = 'null' then raise exception 'url argument is missing'; end if;
  if method = 'GET' then
    request := net.http_get(url, params, headers, timeout_ms);
  elsif method = 'POST' then
    request := net.http_post(url, jsonb_build_object(
      'type', tg_op, 'table', tg_table_name, 'schema', tg_table_schema,
      'record', case when tg_op = 'DELETE' then null else to_jsonb(new) end,
      'old_record', case when tg_op = 'INSERT' then null else to_jsonb(old) end
    ), params, headers, timeout_ms);
  else
    raise exception 'method argument % is invalid', method;
  end if;
  insert into supabase_functions.hooks (hook_table_id, hook_name, request_id) values (tg_relid, tg_name, request);
  return coalesce(new, old);
end $$;
grant execute on function supabase_functions.http_request() to ${API_ROLES};
`;
