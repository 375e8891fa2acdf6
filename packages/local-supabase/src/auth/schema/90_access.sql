-- What hosted Supabase grants. Each role is optional, so that a bare Postgres works as well.
do $$
declare
  name text;
begin
  for name in
    select relname from pg_class where relnamespace = 'auth'::regnamespace and relkind = 'r'
  loop
    execute format('alter table auth.%I enable row level security', name);
  end loop;

  for name in
    select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('grant usage on schema auth to %I', name);
  end loop;

  for name in
    select rolname from pg_roles where rolname in ('postgres', 'supabase_auth_admin', 'dashboard_user')
  loop
    execute format('grant all on schema auth to %I', name);
    execute format('grant all on all tables in schema auth to %I', name);
    execute format('grant all on all sequences in schema auth to %I', name);
    execute format('grant all on all routines in schema auth to %I', name);
  end loop;
end $$;
