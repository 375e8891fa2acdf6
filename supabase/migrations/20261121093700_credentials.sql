create table supanest.credentials (
  id text primary key,
  data jsonb not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  deleted_at timestamptz,
  constraint credentials_id_length check (length(id) between 1 and 200)
);

comment on table supanest.credentials is 'Supabase sessions kept on the server for tokens issued by the API itself.';
comment on column supanest.credentials.deleted_at is 'Set when the session was signed out; get answers null from then on.';

create index credentials_deleted on supanest.credentials (deleted_at) where deleted_at is not null;

alter table supanest.credentials enable row level security;

create trigger credentials_touch before update on supanest.credentials
  for each row execute function supanest.touch_updated_at();

revoke all on all functions in schema supanest from public;
