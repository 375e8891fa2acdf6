-- Profiles follow Supabase's users: those who sign up anywhere, those who were there before, those who leave.

create function supanest.ensure_profiles(p_users uuid[]) returns integer
language plpgsql
security definer
set search_path = ''
as $$
declare
  created integer;
begin
  -- Somebody who was deleted and is there again (a restored user) goes on where he stopped; no second grant.
  update supanest.profiles p
  set deleted_at = null, is_active = true, email = u.email, updated_at = now()
  from auth.users u
  where p.user_id = any (p_users) and p.deleted_at is not null and u.id = p.user_id;

  with newcomer as (
    insert into supanest.profiles (user_id, email, subscription_tier, credits_balance, credits_added)
    select u.id, u.email, t.name, t.signup_credits, t.signup_credits
    from auth.users u
    join supanest.tiers t on t.name = 'free'
    where u.id = any (p_users) and not exists (select from supanest.profiles p where p.user_id = u.id)
    order by u.id
    on conflict on constraint profiles_user_id_unique do nothing
    returning id, user_id, credits_balance
  ), signup_grant as (
    -- The user's id as operation id: the database itself refuses a second sign-up grant.
    insert into supanest.credit_transactions (profile_id, kind, amount, balance_after, description, operation_id)
    select n.id, 'grant', n.credits_balance, n.credits_balance, 'Sign-up credits', n.user_id
    from newcomer n
    where n.credits_balance > 0
  )
  select count(*) into created from newcomer;
  return created;
end
$$;

comment on function supanest.ensure_profiles(uuid[]) is
  'Gives each of these users a profile with its sign-up grant unless there is one; ids unknown to Supabase are skipped. Answers how many were created.';

create function supanest.follow_auth_user() returns trigger
language plpgsql
security definer
set search_path = ''
as $$
begin
  if tg_op = 'INSERT' then
    perform supanest.ensure_profiles(array[new.id]);
  elsif tg_op = 'DELETE' or to_jsonb(new) ->> 'deleted_at' is not null then
    -- The ledger stays, the person does not: the address is forgotten, the uuid names nobody any more.
    update supanest.profiles
    set email = null, is_active = false, deleted_at = coalesce(deleted_at, now()), updated_at = now()
    where user_id = old.id;
  else
    update supanest.profiles set email = new.email, updated_at = now() where user_id = new.id;
  end if;
  return null;
exception when others then
  -- Signing up at Supabase must not depend on this service. The failed block is undone as a whole, profile and
  -- grant together; the user's first request makes up for it (supanest.admit).
  raise warning 'supanest: profile of user % not updated: % (%)', coalesce(new.id, old.id), sqlerrm, sqlstate;
  return null;
end
$$;

comment on function supanest.follow_auth_user() is 'Row trigger of auth.users: creates, renames and retires profiles; never fails.';

create or replace trigger supanest_user_created after insert on auth.users
  for each row execute function supanest.follow_auth_user();

create or replace trigger supanest_user_changed after update on auth.users
  for each row
  when (
    old.email is distinct from new.email
    or to_jsonb(old) -> 'deleted_at' is distinct from to_jsonb(new) -> 'deleted_at'
  )
  execute function supanest.follow_auth_user();

create or replace trigger supanest_user_deleted after delete on auth.users
  for each row execute function supanest.follow_auth_user();

select supanest.ensure_profiles(array(select id from auth.users));

revoke all on all functions in schema supanest from public;
