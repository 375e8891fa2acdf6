-- The API's own refresh tokens. A token names its session and its generation, and carries a signature; only the
-- present generation is kept, so nothing here helps anybody to make one.
create table supanest.refresh_families (
  session_id uuid primary key,
  user_id uuid not null,
  generation integer not null default 1,
  rotated_at timestamptz not null default now(),
  constraint refresh_families_generation_positive check (generation > 0)
)
-- Room in each page, so that a rotation changes its row in place.
with (fillfactor = 80);

comment on table supanest.refresh_families is
  'One for each session that signed in through the API with API_SECRET_KEY set. No foreign key to auth.sessions, so that Supabase can end sessions as it likes.';
comment on column supanest.refresh_families.generation is 'Of the refresh token that may be used now.';
comment on column supanest.refresh_families.rotated_at is 'When the token before it was used.';

alter table supanest.refresh_families enable row level security;

-- A deleted row says "signed out" as well as a mark would, and keeps no secrets.
alter table supanest.credentials drop column deleted_at;

create or replace function supanest.sweep() returns void
language sql
security definer
set search_path = ''
as $$
  delete from supanest.request_counters where day < (now() at time zone 'utc')::date - 7;
  delete from supanest.attempt_windows where ends_at < now() - interval '1 hour';
  delete from supanest.revoked_sessions where expires_at < now() - interval '1 hour';
  -- What belongs to sessions that Supabase has ended. The hour leaves alone what is being signed in right now.
  delete from supanest.refresh_families f
  where f.rotated_at < now() - interval '1 hour'
    and not exists (select from auth.sessions s where s.id = f.session_id);
  delete from supanest.credentials c
  where c.updated_at < now() - interval '1 hour'
    and not exists (select from auth.sessions s where s.id::text = c.id);
$$;

revoke all on all functions in schema supanest from public;
