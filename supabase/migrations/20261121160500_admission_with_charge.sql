-- Who may pass, and who pays: one item per request, any number of requests in one statement and one commit.
--
-- An item names a user and the session of his token, or (both null) an address. Several requests of one subject get
-- successive counts and together never exceed the limit; a refused one is not counted. Admins are neither limited nor
-- counted, nor are requests whose p_counted is false.
--
-- Every look-up is one by index for each item, whatever the tables held when the plan was made: "limit 1" keeps the
-- planner from joining in any other way. What is written is joined by hash, as each item would otherwise be compared with
-- each other one.
-- Indexes needed: profiles_user_id_unique, profiles_pkey, request_counters_pkey, revoked_sessions_pkey, auth.sessions_pkey,
-- credit_transactions_operation_id_unique.

-- What is known of each item before anything is counted. No settings of its own, so that it becomes part of the statement
-- that asks.
create function supanest.judge(p_users uuid[], p_sessions uuid[], p_addresses text[], p_counted boolean[])
returns table (
  item integer,
  subject text,
  refusal text,
  profile_id integer,
  role text,
  tier text,
  is_active boolean,
  session_revoked boolean,
  daily_limit integer,
  is_counted boolean,
  rank integer,
  balance bigint
)
language sql
stable
as $$
  with request as (
    select
      i.item::integer as item,
      i.user_id is null as is_anonymous,
      p.id as profile_id,
      p.role,
      p.credits_balance as balance,
      t.name as tier,
      coalesce(p.is_active, i.user_id is null) as is_active,
      i.session_id is not null
        and (
          s.user_id is distinct from i.user_id
          or coalesce(s.not_after <= now(), false)
          or r.is_signed_out is not null
        ) as session_revoked,
      case when p.role is distinct from 'admin' and coalesce(i.counted, true) then t.daily_requests end as daily_limit,
      case when i.user_id is null then 'ip:' || i.address else 'user:' || p.id end as subject
    from unnest(p_users, p_sessions, p_addresses, p_counted)
      with ordinality as i (user_id, session_id, address, counted, item)
    left join lateral (
      select p.* from supanest.profiles p where p.user_id = i.user_id and p.deleted_at is null limit 1
    ) p on true
    left join lateral (
      select t.name, t.daily_requests
      from supanest.tiers t
      where t.name = case when i.user_id is null then 'anonymous' else p.subscription_tier end
      limit 1
    ) t on true
    left join lateral (
      select s.user_id, s.not_after from auth.sessions s where s.id = i.session_id limit 1
    ) s on true
    left join lateral (
      select true as is_signed_out from supanest.revoked_sessions r where r.session_id = i.session_id limit 1
    ) r on true
  ), judged as (
    select
      q.*,
      case
        when not q.is_anonymous and q.profile_id is null then 'unknown_user'
        when q.session_revoked then 'session_revoked'
        when not q.is_active then 'inactive'
      end as refusal
    from request q
  )
  select
    j.item, j.subject, j.refusal, j.profile_id, j.role, j.tier, j.is_active, j.session_revoked, j.daily_limit,
    j.refusal is null and j.daily_limit is not null,
    row_number() over (
      partition by j.subject, j.refusal is null and j.daily_limit is not null order by j.item
    )::integer,
    j.balance
  from judged j
$$;

comment on function supanest.judge(uuid[], uuid[], text[], boolean[]) is
  'What is known of requests before they are counted: refusal is inactive, session_revoked, unknown_user or null; rank is the place among the requests of the same subject.';

-- A profile for each user who has none yet: those who signed up while nobody was looking.
create function supanest.welcome(p_users uuid[]) returns void
language plpgsql
set search_path = ''
as $$
declare
  strangers uuid[];
begin
  select array_agg(distinct u.id) into strangers
  from unnest(p_users) as u (id)
  left join lateral (
    select p.id from supanest.profiles p where p.user_id = u.id and p.deleted_at is null limit 1
  ) p on true
  where u.id is not null and p.id is null;
  if strangers is not null then
    perform supanest.ensure_profiles(strangers);
  end if;
end
$$;

comment on function supanest.welcome(uuid[]) is 'Creates the profiles of those who have none.';

-- Admission without a price. The counters of different subjects are written in the order of the subject, so that two
-- batches cannot deadlock.
create or replace function supanest.admit(
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
set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off
set enable_bitmapscan = off
set enable_mergejoin = off
set jit = off
as $$
declare
  utc constant timestamp := now() at time zone 'utc';
  today constant date := utc::date;
  seconds_left constant integer := ceil(extract(epoch from (today + 1)::timestamp - utc));
begin
  perform supanest.welcome(p_users);
  return query
  with judged as materialized (
    select * from supanest.judge(p_users, p_sessions, p_addresses, p_counted)
  ),
  counted as (
    -- How many of a batch were granted is written into the row, as the upsert that decides can only answer with that.
    insert into supanest.request_counters as c (subject, day, requests, daily_limit, last_wanted, last_granted)
    select n.subject, today, least(n.wanted, n.daily_limit), n.daily_limit, n.wanted, least(n.wanted, n.daily_limit)
    from (
      select j.subject, j.daily_limit, count(*)::integer as wanted
      from judged j
      where j.is_counted
      group by j.subject, j.daily_limit
      order by j.subject
    ) n
    on conflict on constraint request_counters_pkey do update set
      requests = c.requests + greatest(0, least(excluded.last_wanted, excluded.daily_limit - c.requests)),
      last_granted = greatest(0, least(excluded.last_wanted, excluded.daily_limit - c.requests)),
      daily_limit = excluded.daily_limit,
      last_wanted = excluded.last_wanted
    returning c.subject, c.requests, c.last_granted
  )
  select
    j.item,
    case
      when j.refusal is not null then j.refusal
      when j.is_counted and j.rank > c.last_granted then 'over_limit'
      else 'admitted'
    end,
    j.profile_id,
    j.role,
    j.tier,
    j.is_active,
    j.session_revoked,
    j.daily_limit,
    case when j.is_counted then c.requests - c.last_granted + least(j.rank, c.last_granted) end,
    seconds_left,
    (select f.version from supanest.configuration f where f.only_row)
  from judged j
  left join counted c on c.subject = j.subject and j.is_counted;
end
$$;

-- Admission and charge. An item has a price, the operation id of its charge, its path and its request id. What is admitted
-- and can pay is charged, and balance_after tells the balance then. Everything else is left to supanest.post_entries, which
-- decides exactly, and balance_after is null: a balance that does not cover all that its owner asks for at once, an
-- operation that is in the ledger already, prices older (p_version) than the present configuration. Admins never pay.
--
-- All batches lock in one order, so they cannot deadlock: profiles by their ids, then counters by their subjects. The
-- profiles are locked in a statement of their own, as what is read afterwards is then what the lock protects.
create function supanest.admit_and_charge(
  p_users uuid[],
  p_sessions uuid[],
  p_addresses text[],
  p_counted boolean[],
  p_version bigint,
  p_prices bigint[],
  p_operations uuid[],
  p_paths text[],
  p_request_ids text[]
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
  version bigint,
  balance_after bigint
)
language plpgsql
security definer
set search_path = ''
set lock_timeout = '2s'
set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off
set enable_bitmapscan = off
set enable_mergejoin = off
set jit = off
as $$
declare
  utc constant timestamp := now() at time zone 'utc';
  today constant date := utc::date;
  seconds_left constant integer := ceil(extract(epoch from (today + 1)::timestamp - utc));
  present_version bigint;
begin
  perform supanest.welcome(p_users);
  perform from supanest.profiles p where p.user_id = any (p_users) order by p.id for no key update;

  -- Read beside, not joined: as long as nobody has analysed the one row of its table, the planner takes it for hundreds, and
  -- the batch for thousands, for which it would read all profiles.
  select c.version into present_version from supanest.configuration c where c.only_row;

  return query
  with judged as materialized (
    select * from supanest.judge(p_users, p_sessions, p_addresses, p_counted)
  ),
  counted as (
    -- How many of a batch were granted is written into the row, as the upsert that decides can only answer with that.
    insert into supanest.request_counters as c (subject, day, requests, daily_limit, last_wanted, last_granted)
    select n.subject, today, least(n.wanted, n.daily_limit), n.daily_limit, n.wanted, least(n.wanted, n.daily_limit)
    from (
      select j.subject, j.daily_limit, count(*)::integer as wanted
      from judged j
      where j.is_counted
      group by j.subject, j.daily_limit
      order by j.subject
    ) n
    on conflict on constraint request_counters_pkey do update set
      requests = c.requests + greatest(0, least(excluded.last_wanted, excluded.daily_limit - c.requests)),
      last_granted = greatest(0, least(excluded.last_wanted, excluded.daily_limit - c.requests)),
      daily_limit = excluded.daily_limit,
      last_wanted = excluded.last_wanted
    returning c.subject, c.requests, c.last_granted
  ), decided as (
    select
      j.*,
      case
        when j.refusal is not null then j.refusal
        when j.is_counted and j.rank > c.last_granted then 'over_limit'
        else 'admitted'
      end as verdict,
      case when j.is_counted then c.requests - c.last_granted + least(j.rank, c.last_granted) end as used
    from judged j
    left join counted c on c.subject = j.subject and j.is_counted
  ), priced as (
    select
      d.*,
      case
        when d.verdict = 'admitted' and d.role <> 'admin' and present_version <= p_version and k.is_known is null
        then p_prices[d.item]
      end as due
    from decided d
    left join lateral (
      select true as is_known from supanest.credit_transactions k where k.operation_id = p_operations[d.item] limit 1
    ) k on true
  ), settled as materialized (
    select
      q.*,
      case
        when q.due is not null then q.balance - sum(q.due) over (partition by q.profile_id order by q.item)
      end::bigint as rest
    from priced q
  ), charged as (
    update supanest.profiles p set
      credits_balance = p.credits_balance - g.due,
      credits_used = p.credits_used + g.due,
      updated_at = now()
    from (
      select s.profile_id, sum(s.due)::bigint as due from settled s where s.rest >= 0 group by s.profile_id
    ) g
    where p.id = g.profile_id
  ), entered as (
    insert into supanest.credit_transactions (
      profile_id, kind, amount, balance_after, description, endpoint, request_id, operation_id
    )
    select
      s.profile_id, 'charge', -s.due, s.rest, 'API request to ' || p_paths[s.item], p_paths[s.item],
      p_request_ids[s.item], p_operations[s.item]
    from settled s
    where s.rest >= 0
    order by s.item
  )
  select
    s.item, s.verdict, s.profile_id, s.role, s.tier, s.is_active, s.session_revoked, s.daily_limit, s.used, seconds_left,
    present_version, case when s.rest >= 0 then s.rest end
  from settled s;
end
$$;

comment on function supanest.admit_and_charge(
  uuid[], uuid[], text[], boolean[], bigint, bigint[], uuid[], text[], text[]
) is
  'Decides requests as supanest.admit does, and charges those that are admitted; balance_after is null for what was not charged here.';

revoke all on all functions in schema supanest from public;
