-- Supabase loads pg_safeupdate into the sessions of the Data API, and a project may turn it on for its own: an UPDATE or DELETE
-- without WHERE is an error there, also in a function. Changing a tier or a rate must not depend on it.
create or replace function supanest.announce_change() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
declare
  current_version bigint;
begin
  update supanest.configuration
  set version = version + 1, changed_at = now()
  where only_row
  returning version into current_version;
  perform pg_notify(
    'supanest_changes',
    json_build_object('table', tg_table_name, 'version', current_version)::text
  );
  return null;
end
$$;
