-- The version of the configuration is read beside, not joined: as long as nobody has analysed the one row of its table, the
-- planner takes it for hundreds, and the batch for thousands, for which it would read all profiles.
create or replace function supanest.admit_and_charge(
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
