-- The service's own house in the database. PostgREST does not expose this schema, and no role of the
-- Supabase API may even look into it: everything goes through the service, which connects as the owner.
create schema supanest;

comment on schema supanest is
  'Profiles, tiers, rates and the credit ledger of the API. Private: reached through DATABASE_URL only.';

revoke all on schema supanest from public;

do $$
declare
  api_role text;
begin
  -- A bare Postgres has no Supabase roles; a Supabase has all three.
  for api_role in
    select rolname from pg_roles where rolname in ('anon', 'authenticated', 'service_role')
  loop
    execute format('revoke all on schema supanest from %I', api_role);
  end loop;
end
$$;

-- One number for the whole configuration. A replica that has seen version n knows that its cached tiers
-- and rates are current as long as it keeps seeing n, even if it missed a notification.
create table supanest.configuration (
  only_row boolean primary key default true,
  version bigint not null default 1,
  changed_at timestamptz not null default now(),
  constraint configuration_has_one_row check (only_row)
);

comment on table supanest.configuration is 'The version of everything a replica may cache: tiers and rates.';
comment on column supanest.configuration.version is 'Grows by one with each statement that changes tiers or rates.';

alter table supanest.configuration enable row level security;

insert into supanest.configuration default values;

-- Statement trigger of the cached tables: the new version becomes visible in the same transaction as the
-- change itself, and listeners hear of it when that transaction commits.
create function supanest.announce_change() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  current_version bigint;
begin
  update supanest.configuration
  set version = version + 1, changed_at = now()
  returning version into current_version;
  perform pg_notify(
    'supanest_changes',
    json_build_object('table', tg_table_name, 'version', current_version)::text
  );
  return null;
end
$$;

comment on function supanest.announce_change() is
  'Raises the configuration version and notifies the channel supanest_changes with {table, version}.';

-- Keeps updated_at honest whoever writes.
create function supanest.touch_updated_at() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  new.updated_at := now();
  return new;
end
$$;

comment on function supanest.touch_updated_at() is 'Row trigger: sets updated_at to the time of the transaction.';

revoke all on all functions in schema supanest from public;
