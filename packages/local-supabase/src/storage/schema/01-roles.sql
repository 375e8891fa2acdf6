-- The schema and the roles that hosted migrations name. Each statement may run on every start.
create schema if not exists storage;

do $$
declare
  wanted text;
begin
  foreach wanted in array array['anon', 'authenticated', 'service_role', 'supabase_storage_admin'] loop
    if to_regrole(wanted) is null then
      execute format('create role %I nologin noinherit', wanted);
    end if;
  end loop;
  -- The service role is the one that policies never stop.
  if not (select rolbypassrls from pg_roles where rolname = 'service_role') then
    alter role service_role bypassrls;
  end if;
end
$$;

grant usage on schema storage to anon, authenticated, service_role;
grant all on schema storage to supabase_storage_admin;
