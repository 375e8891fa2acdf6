-- Every movement of credits goes through this function: charges, refunds, grants and adjustments, any mix of
-- them, of any number of profiles, in one statement. It is what makes the group commit possible.
--
-- How it stays exact:
-- * The profiles are locked first, in the order of their ids, so that two batches cannot deadlock; what is read
--   afterwards is what the lock protects.
-- * Items of one profile are decided in the order of the batch against the running balance, so an item that is
--   too expensive is refused and the cheaper one behind it may still pass; every row gets its exact balance_after.
-- * An item whose operation_id (or, for refunds, whose charge) is in the ledger already is answered from there.
--
-- A refusal is an answer; only a fault (a null amount, an amount with the wrong sign, one operation_id twice in
-- a batch) raises, and then nothing of the batch is written.
--
-- Each item costs a few index look-ups, whatever the tables hold: the planner is kept from guessing (a plan made while
-- the ledger was small would scan it when it is large).
--
-- Indexes needed: profiles_pkey, credit_transactions_operation_id_unique, credit_transactions_one_refund_per_charge.
create function supanest.post_entries(
  p_kinds text[],
  p_profiles integer[],
  p_amounts bigint[],
  p_operations uuid[],
  p_charges uuid[],
  p_descriptions text[],
  p_endpoints text[],
  p_actors uuid[],
  p_reasons text[],
  p_request_ids text[]
) returns table (item integer, result text, balance bigint, transaction_id bigint, replayed boolean)
language plpgsql
security definer
set search_path = ''
set lock_timeout = '2s'
set plan_cache_mode = 'force_generic_plan'
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
as $$
declare
  highest constant bigint := 9007199254740991;
  size constant integer := cardinality(p_kinds);
  entry record;
  running_profile integer;
  running_balance bigint;
  signed bigint;
  results text[] := array_fill('ok'::text, array[size]);
  balances bigint[] := array_fill(null::bigint, array[size]);
  amounts bigint[] := array_fill(null::bigint, array[size]);
  ids bigint[] := array_fill(null::bigint, array[size]);
  charge_ids bigint[] := array_fill(null::bigint, array[size]);
  fresh boolean[] := array_fill(false, array[size]);
begin
  perform from supanest.profiles p where p.id = any (p_profiles) order by p.id for no key update;

  for entry in
    select
      i.position, i.kind, i.profile, i.amount, i.operation,
      p.credits_balance,
      known.id as known_id, known.kind as known_kind, known.profile_id as known_profile,
      known.amount as known_amount, known.balance_after as known_balance,
      charge.id as charge_id, -charge.amount as charged,
      (charge.kind = 'charge' and charge.profile_id = i.profile) is true as is_his_charge,
      refund.id as refund_id, refund.balance_after as refund_balance
    from unnest(p_kinds, p_profiles, p_amounts, p_operations, p_charges)
      with ordinality as i (kind, profile, amount, operation, charge, position)
    left join supanest.profiles p on p.id = i.profile
    left join supanest.credit_transactions known on known.operation_id = i.operation
    left join supanest.credit_transactions charge on charge.operation_id = i.charge
    left join supanest.credit_transactions refund on refund.charge_id = charge.id
    order by i.profile, i.position
  loop
    if running_profile is distinct from entry.profile then
      running_profile := entry.profile;
      running_balance := entry.credits_balance;
    end if;
    signed := case entry.kind when 'refund' then entry.charged else entry.amount end;
    balances[entry.position] := running_balance;

    if entry.known_id is not null then
      if (entry.known_kind, entry.known_profile, entry.known_amount)
        is not distinct from (entry.kind, entry.profile, entry.amount)
      then
        balances[entry.position] := entry.known_balance;
        ids[entry.position] := entry.known_id;
      else
        results[entry.position] := 'conflict';
      end if;
    elsif running_balance is null then
      results[entry.position] := 'unknown_user';
    elsif entry.kind = 'refund' and not entry.is_his_charge then
      results[entry.position] := 'unknown_charge';
    elsif entry.kind = 'refund' and entry.refund_id is not null then
      balances[entry.position] := entry.refund_balance;
      ids[entry.position] := entry.refund_id;
    elsif running_balance + signed < 0 then
      results[entry.position] := 'insufficient';
    elsif running_balance + signed > highest then
      results[entry.position] := 'too_large';
    else
      running_balance := running_balance + signed;
      balances[entry.position] := running_balance;
      amounts[entry.position] := signed;
      charge_ids[entry.position] := case entry.kind when 'refund' then entry.charge_id end;
      ids[entry.position] := nextval('supanest.credit_transactions_id_seq');
      fresh[entry.position] := true;
    end if;
  end loop;

  update supanest.profiles p
  set
    credits_balance = p.credits_balance + moved.added - moved.used,
    credits_added = p.credits_added + moved.added,
    credits_used = p.credits_used + moved.used,
    updated_at = now()
  from (
    select
      i.profile,
      coalesce(sum(i.amount) filter (where i.kind in ('grant', 'adjustment')), 0)::bigint as added,
      coalesce(-sum(i.amount) filter (where i.kind in ('charge', 'refund')), 0)::bigint as used
    from unnest(p_kinds, p_profiles, amounts, fresh) as i (kind, profile, amount, is_fresh)
    where i.is_fresh
    group by i.profile
  ) moved
  where p.id = moved.profile;

  insert into supanest.credit_transactions (
    id, profile_id, kind, amount, balance_after, description, endpoint, actor, reason, request_id, operation_id, charge_id
  )
  select
    i.id, i.profile, i.kind, i.amount, i.balance_after, coalesce(i.description, ''), i.endpoint, i.actor, i.reason,
    i.request_id, i.operation, i.charge_id
  from unnest(
    ids, p_profiles, p_kinds, amounts, balances, p_descriptions, p_endpoints, p_actors, p_reasons, p_request_ids,
    p_operations, charge_ids, fresh
  ) as i (
    id, profile, kind, amount, balance_after, description, endpoint, actor, reason, request_id, operation, charge_id,
    is_fresh
  )
  where i.is_fresh;

  return query
  select i.position::integer, i.result, i.balance, i.id, i.result = 'ok' and not i.is_fresh
  from unnest(results, balances, ids, fresh) with ordinality as i (result, balance, id, is_fresh, position);
end
$$;

comment on function supanest.post_entries(
  text[], integer[], bigint[], uuid[], uuid[], text[], text[], uuid[], text[], text[]
) is
  'Moves credits: one entry per index, all in one transaction. result is ok, insufficient, unknown_user, unknown_charge, too_large or conflict (the operation id belongs to another movement); balance is the one after the entry, or the present one when refused; replayed tells that the ledger had it already.';

-- The same for one movement each, for other migrations, triggers and people at a SQL prompt.

create function supanest.charge(
  p_profile integer, p_amount bigint, p_operation uuid, p_endpoint text default null, p_request_id text default null
) returns table (result text, balance bigint, transaction_id bigint, replayed boolean)
language sql
security definer
set search_path = ''
as $$
  select e.result, e.balance, e.transaction_id, e.replayed
  from supanest.post_entries(
    array['charge'], array[p_profile], array[-p_amount], array[p_operation], array[null::uuid],
    array['API request to ' || coalesce(p_endpoint, '?')], array[p_endpoint], array[null::uuid], array[null::text],
    array[p_request_id]
  ) e
$$;

comment on function supanest.charge(integer, bigint, uuid, text, text) is
  'Takes a positive amount for one request; the same operation id never charges twice.';

create function supanest.refund(p_profile integer, p_charge uuid, p_reason text default null)
returns table (result text, balance bigint, transaction_id bigint, replayed boolean)
language sql
security definer
set search_path = ''
as $$
  select e.result, e.balance, e.transaction_id, e.replayed
  from supanest.post_entries(
    array['refund'], array[p_profile], array[null::bigint], array[null::uuid], array[p_charge],
    array['Refund'], array[null::text], array[null::uuid], array[p_reason], array[null::text]
  ) e
$$;

comment on function supanest.refund(integer, uuid, text) is
  'Gives a charge back, whole and at most once. The charge is named by its operation id.';

create function supanest.grant_credits(
  p_profile integer, p_amount bigint, p_operation uuid, p_actor uuid default null, p_reason text default null
) returns table (result text, balance bigint, transaction_id bigint, replayed boolean)
language sql
security definer
set search_path = ''
as $$
  select e.result, e.balance, e.transaction_id, e.replayed
  from supanest.post_entries(
    array['grant'], array[p_profile], array[p_amount], array[p_operation], array[null::uuid],
    array['Credits granted'], array[null::text], array[p_actor], array[p_reason], array[null::text]
  ) e
$$;

comment on function supanest.grant_credits(integer, bigint, uuid, uuid, text) is 'Adds a positive amount.';

create function supanest.adjust_credits(
  p_profile integer, p_amount bigint, p_operation uuid, p_actor uuid, p_reason text
) returns table (result text, balance bigint, transaction_id bigint, replayed boolean)
language sql
security definer
set search_path = ''
as $$
  select e.result, e.balance, e.transaction_id, e.replayed
  from supanest.post_entries(
    array['adjustment'], array[p_profile], array[p_amount], array[p_operation], array[null::uuid],
    array['Adjustment'], array[null::text], array[p_actor], array[p_reason], array[null::text]
  ) e
$$;

comment on function supanest.adjust_credits(integer, bigint, uuid, uuid, text) is
  'Corrects a balance up or down; needs an actor and a reason, and is refused below zero.';

-- Proves the ledger. Reads all of it: for tests, audits and a quiet hour.
create function supanest.ledger_violations()
returns table (rule text, profile_id integer, transaction_id bigint, detail text)
language sql
stable
security definer
set search_path = ''
as $$
  with chained as (
    select t.*, coalesce(lag(t.balance_after) over (partition by t.profile_id order by t.id), 0) as balance_before
    from supanest.credit_transactions t
  ), total as (
    select
      t.profile_id,
      sum(t.amount) as balance,
      coalesce(sum(t.amount) filter (where t.kind in ('grant', 'adjustment')), 0) as added,
      coalesce(-sum(t.amount) filter (where t.kind in ('charge', 'refund')), 0) as used
    from supanest.credit_transactions t
    group by t.profile_id
  )
  select 'balance is the sum of the rows', p.id, null::bigint,
    format('balance %s, rows %s', p.credits_balance, coalesce(t.balance, 0))
  from supanest.profiles p left join total t on t.profile_id = p.id
  where p.credits_balance <> coalesce(t.balance, 0)
  union all
  select 'totals are the sums of their kinds', p.id, null,
    format('added %s, rows %s; used %s, rows %s', p.credits_added, coalesce(t.added, 0), p.credits_used, coalesce(t.used, 0))
  from supanest.profiles p left join total t on t.profile_id = p.id
  where p.credits_added <> coalesce(t.added, 0) or p.credits_used <> coalesce(t.used, 0)
  union all
  select 'a balance is never negative', p.id, null, format('balance %s', p.credits_balance)
  from supanest.profiles p where p.credits_balance < 0
  union all
  select 'each row continues from the one before', c.profile_id, c.id,
    format('%s %s gives %s', c.balance_before, c.amount, c.balance_after)
  from chained c where c.balance_before + c.amount <> c.balance_after or c.balance_after < 0
  union all
  select 'a refund gives back one whole charge of the same profile', r.profile_id, r.id, format('charge %s', r.charge_id)
  from supanest.credit_transactions r
  left join supanest.credit_transactions c on c.id = r.charge_id and c.profile_id = r.profile_id
  where r.kind = 'refund'
    and (c.kind = 'charge' and c.amount = -r.amount) is not true
  union all
  select 'a charge is refunded at most once', min(r.profile_id), r.charge_id, format('%s refunds', count(*))
  from supanest.credit_transactions r
  where r.kind = 'refund'
  group by r.charge_id
  having count(*) > 1
$$;

comment on function supanest.ledger_violations() is 'Every broken rule of the ledger; no rows when it is sound.';

revoke all on all functions in schema supanest from public;
