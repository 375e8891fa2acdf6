-- Who changed what of whom: tier, role and activity of a profile. Credits have a ledger of their own.
create table supanest.profile_changes (
  id bigint generated always as identity primary key,
  profile_id integer not null,
  actor uuid,
  before jsonb not null,
  after jsonb not null,
  created_at timestamptz not null default now(),
  constraint profile_changes_profile_exists foreign key (profile_id) references supanest.profiles (id)
);

comment on table supanest.profile_changes is 'One row for each change of tier, role or activity of a profile.';
comment on column supanest.profile_changes.actor is
  'The administrator; null for `npm run admin` and whoever else writes to the database directly.';
comment on column supanest.profile_changes.before is 'What changed, as it was: {subscription_tier?, role?, is_active?}.';
comment on column supanest.profile_changes.after is 'The same, as it is now.';

create index profile_changes_by_profile on supanest.profile_changes (profile_id, id desc);

alter table supanest.profile_changes enable row level security;

-- A trigger, so that no path is forgotten. The service names the administrator by a setting of the transaction.
create function supanest.note_profile_change() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  before constant jsonb := jsonb_build_object(
    'subscription_tier', old.subscription_tier, 'role', old.role, 'is_active', old.is_active
  );
  after constant jsonb := jsonb_build_object(
    'subscription_tier', new.subscription_tier, 'role', new.role, 'is_active', new.is_active
  );
  changed constant text[] := array(
    select key from jsonb_each(before) where after -> key is distinct from value
  );
begin
  insert into supanest.profile_changes (profile_id, actor, before, after)
  select
    new.id,
    nullif(current_setting('supanest.actor', true), '')::uuid,
    jsonb_object_agg(key, before -> key),
    jsonb_object_agg(key, after -> key)
  from unnest(changed) as key;
  return null;
end
$$;

comment on function supanest.note_profile_change() is 'Row trigger of profiles: writes profile_changes.';

create trigger profiles_note_change after update on supanest.profiles
  for each row
  when (
    old.subscription_tier is distinct from new.subscription_tier
    or old.role is distinct from new.role
    or old.is_active is distinct from new.is_active
  )
  execute function supanest.note_profile_change();

revoke all on all functions in schema supanest from public;
