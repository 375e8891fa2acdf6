create table supanest.tiers (
  name text primary key,
  position smallint not null,
  daily_requests integer not null,
  signup_credits integer not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  constraint tiers_position_unique unique (position),
  constraint tiers_name_format check (name ~ '^[a-z][a-z0-9_-]{0,39}$'),
  constraint tiers_daily_requests_not_negative check (daily_requests >= 0),
  constraint tiers_signup_credits_not_negative check (signup_credits >= 0)
);

comment on table supanest.tiers is 'What a subscription gives. Cached by replicas; see supanest.configuration.';
comment on column supanest.tiers.position is 'Order in which tiers are shown.';
comment on column supanest.tiers.daily_requests is 'Requests per UTC day.';
comment on column supanest.tiers.signup_credits is 'Credits granted once to a profile that is created in this tier.';

alter table supanest.tiers enable row level security;

create trigger tiers_touch before update on supanest.tiers
  for each row execute function supanest.touch_updated_at();

create trigger tiers_announce after insert or update or delete or truncate on supanest.tiers
  for each statement execute function supanest.announce_change();

-- "anonymous" is no tier of a user: it limits requests without a token, by address.
insert into supanest.tiers (name, position, daily_requests, signup_credits) values
  ('anonymous', 0, 100, 0),
  ('free', 1, 100, 100),
  ('basic', 2, 1000, 1000),
  ('premium', 3, 5000, 5000),
  ('enterprise', 4, 10000, 10000);
