create table supanest.sign_in_flows (
  id bytea primary key,
  code_verifier text not null,
  redirect_url text,
  user_id uuid,
  expires_at timestamptz not null
);

comment on table supanest.sign_in_flows is
  'Sign-ins that were begun here and go on at another site. A row goes when it is used, or with the next one that begins after it has expired.';
comment on column supanest.sign_in_flows.id is 'SHA-256 of what the browser has in its cookie, which is stored nowhere.';
comment on column supanest.sign_in_flows.code_verifier is 'PKCE: without it the code that comes back is worth nothing.';
comment on column supanest.sign_in_flows.user_id is 'Who links an identity; null where nobody is signed in yet.';

create index sign_in_flows_by_expiry on supanest.sign_in_flows (expires_at);

alter table supanest.sign_in_flows enable row level security;
