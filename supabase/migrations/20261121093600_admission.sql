create table supanest.request_counters (
  subject text not null,
  day date not null,
  requests integer not null,
  daily_limit integer not null,
  last_wanted integer not null,
  last_granted integer not null,
  constraint request_counters_pkey primary key (subject, day),
  constraint request_counters_requests_not_negative check (requests >= 0)
)
with (fillfactor = 70);

comment on table supanest.request_counters is 'Requests of a UTC day. Refused requests are not counted.';
comment on column supanest.request_counters.subject is 'user:<profile id> or ip:<address>.';
comment on column supanest.request_counters.daily_limit is 'The limit in force when the last batch was counted.';
comment on column supanest.request_counters.last_wanted is 'How many requests the last batch held for this subject.';
comment on column supanest.request_counters.last_granted is
  'How many of them were admitted. In the row because the upsert that decides can only answer with the new row.';

alter table supanest.request_counters enable row level security;

create table supanest.revoked_sessions (
  session_id uuid primary key,
  user_id uuid,
  revoked_at timestamptz not null default now(),
  expires_at timestamptz not null
);

comment on table supanest.revoked_sessions is
  'Sessions signed out through the API, for as long as a token of theirs could be valid. Sessions that Supabase ended itself are missing in auth.sessions.';
comment on column supanest.revoked_sessions.expires_at is 'When the last token of the session has expired and the row may go.';

create index revoked_sessions_by_expiry on supanest.revoked_sessions (expires_at);

alter table supanest.revoked_sessions enable row level security;

create table supanest.attempt_windows (
  key text primary key,
  hits integer not null,
  ends_at timestamptz not null
)
with (fillfactor = 70);

comment on table supanest.attempt_windows is 'Limits against guessing: hits in the present window of a key.';
comment on column supanest.attempt_windows.key is 'Hash of what is limited (an address, an e-mail); nothing personal is stored.';

create index attempt_windows_by_end on supanest.attempt_windows (ends_at);

alter table supanest.attempt_windows enable row level security;

-- Who may pass: one item per request, any number of requests in one statement. An item names a user and the
-- session of his token, or (both null) an address. Several requests of one subject get successive counts and
-- together never exceed the limit; a refused one is not counted. Admins are neither limited nor counted, nor are
-- requests whose p_counted is false.
--
-- Counters of different subjects are written in the order of the subject, so that two batches cannot deadlock.
-- Planned for the size of each batch: a batch of one is a few index look-ups, one of 256 is joined by hash.
-- Indexes needed: profiles_user_id_unique, request_counters_pkey, revoked_sessions_pkey, auth.sessions_pkey.
--
-- The commit waits for the disk, as every other: a count that was answered survives the kill of anybody. The batch shares
-- that wait, so it costs a request little.
create function supanest.admit(
  p_users uuid[], p_sessions uuid[], p_addresses text[], p_counted boolean[] default null
)
returns table (
  item integer,
  verdict text,
  profile_id integer,
  role text,
  tier text,
  is_active boolean,
  session_revoked boolean,
  daily_limit integer,
  used integer,
  reset_seconds integer,
  version bigint
)
language plpgsql
security definer
set search_path = ''
set lock_timeout = '2s'
set plan_cache_mode = 'force_custom_plan'
set enable_seqscan = off
set jit = off
as $$
declare
  utc constant timestamp := now() at time zone 'utc';
  today constant date := utc::date;
  seconds_left constant integer := ceil(extract(epoch from (today + 1)::timestamp - utc));
  strangers uuid[];
begin
  select array_agg(distinct u.id) into strangers
  from unnest(p_users) as u (id)
  where u.id is not null
    and not exists (select from supanest.profiles p where p.user_id = u.id and p.deleted_at is null);
  if strangers is not null then
    perform supanest.ensure_profiles(strangers);
  end if;

  return query
  with request as (
    select
      i.position,
      i.user_id is null as is_anonymous,
      p.id as profile_id,
      p.role,
      t.name as tier,
      coalesce(p.is_active, i.user_id is null) as is_active,
      i.session_id is not null
        and (
          s.user_id is distinct from i.user_id or coalesce(s.not_after <= now(), false) or r.session_id is not null
        ) as session_revoked,
      case when p.role is distinct from 'admin' and coalesce(i.counted, true) then t.daily_requests end as daily_limit,
      case when i.user_id is null then 'ip:' || i.address else 'user:' || p.id end as subject
    from unnest(p_users, p_sessions, p_addresses, p_counted)
      with ordinality as i (user_id, session_id, address, counted, position)
    left join supanest.profiles p on p.user_id = i.user_id and p.deleted_at is null
    left join supanest.tiers t on t.name = case when i.user_id is null then 'anonymous' else p.subscription_tier end
    left join auth.sessions s on s.id = i.session_id
    left join supanest.revoked_sessions r on r.session_id = i.session_id
  ), judged as (
    select
      q.*,
      case
        when not q.is_anonymous and q.profile_id is null then 'unknown_user'
        when q.session_revoked then 'session_revoked'
        when not q.is_active then 'inactive'
      end as refusal
    from request q
  ), ranked as (
    select
      j.*,
      j.refusal is null and j.daily_limit is not null as is_counted,
      row_number() over (
        partition by j.subject, j.refusal is null and j.daily_limit is not null order by j.position
      )::integer as rank
    from judged j
  ), counted as (
    insert into supanest.request_counters as c (subject, day, requests, daily_limit, last_wanted, last_granted)
    select n.subject, today, least(n.wanted, n.daily_limit), n.daily_limit, n.wanted, least(n.wanted, n.daily_limit)
    from (
      select k.subject, k.daily_limit, count(*)::integer as wanted
      from ranked k
      where k.is_counted
      group by k.subject, k.daily_limit
      order by k.subject
    ) n
    on conflict on constraint request_counters_pkey do update set
      requests = c.requests + greatest(0, least(excluded.last_wanted, excluded.daily_limit - c.requests)),
      last_granted = greatest(0, least(excluded.last_wanted, excluded.daily_limit - c.requests)),
      daily_limit = excluded.daily_limit,
      last_wanted = excluded.last_wanted
    returning c.subject, c.requests, c.last_granted
  )
  select
    k.position::integer,
    case
      when k.refusal is not null then k.refusal
      when k.is_counted and k.rank > c.last_granted then 'over_limit'
      else 'admitted'
    end,
    k.profile_id,
    k.role,
    k.tier,
    k.is_active,
    k.session_revoked,
    k.daily_limit,
    case when k.is_counted then c.requests - c.last_granted + least(k.rank, c.last_granted) end,
    seconds_left,
    f.version
  from ranked k
  join supanest.configuration f on f.only_row
  left join counted c on c.subject = k.subject and k.is_counted;
end
$$;

comment on function supanest.admit(uuid[], uuid[], text[], boolean[]) is
  'Decides requests: verdict is admitted, over_limit, inactive, session_revoked or unknown_user; daily_limit and used are null for admins and for requests that are not to be counted (p_counted); used counts this request; version is that of supanest.configuration.';

-- Counts one attempt for each key and tells whether it is within the limit of its window. A window starts with
-- its first attempt; attempts beyond the limit do not prolong it. One key may come several times.
create function supanest.attempt(p_keys text[], p_limits integer[], p_window_seconds integer[])
returns table (item integer, allowed boolean, hits integer, retry_after integer)
language plpgsql
security definer
set search_path = ''
set lock_timeout = '2s'
set plan_cache_mode = 'force_custom_plan'
set enable_seqscan = off
set jit = off
as $$
begin
  return query
  with asked as (
    select
      i.*,
      row_number() over (partition by i.key order by i.position)::integer as rank,
      count(*) over (partition by i.key)::integer as asked_together
    from unnest(p_keys, p_limits, p_window_seconds) with ordinality as i (key, hit_limit, seconds, position)
  ), counted as (
    insert into supanest.attempt_windows as w (key, hits, ends_at)
    select a.key, a.asked_together, now() + make_interval(secs => a.seconds)
    from asked a
    where a.rank = 1
    order by a.key
    on conflict on constraint attempt_windows_pkey do update set
      hits = excluded.hits + case when w.ends_at > now() then least(w.hits, 1000000) else 0 end,
      ends_at = case when w.ends_at > now() then w.ends_at else excluded.ends_at end
    returning w.key, w.hits, w.ends_at
  )
  select
    a.position::integer,
    c.hits - a.asked_together + a.rank <= a.hit_limit,
    c.hits - a.asked_together + a.rank,
    greatest(1, ceil(extract(epoch from c.ends_at - now())))::integer
  from asked a
  join counted c on c.key = a.key
  order by a.position;
end
$$;

comment on function supanest.attempt(text[], integer[], integer[]) is
  'Counts attempts in fixed windows: allowed, hits including this one, and seconds until the window ends.';

create function supanest.sweep() returns void
language sql
security definer
set search_path = ''
as $$
  delete from supanest.request_counters where day < (now() at time zone 'utc')::date - 7;
  delete from supanest.attempt_windows where ends_at < now() - interval '1 hour';
  delete from supanest.revoked_sessions where expires_at < now() - interval '1 hour';
$$;

comment on function supanest.sweep() is 'Forgets what no longer decides anything. The ledger is never swept.';

create index request_counters_by_day on supanest.request_counters (day);

revoke all on all functions in schema supanest from public;
