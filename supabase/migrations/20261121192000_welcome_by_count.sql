-- Strangers are looked for only where fewer are known than there are: nearly always all are, and to count them by one scan of
-- the index takes a third of the time that it takes to look each of them up.
create or replace function supanest.welcome(p_users uuid[]) returns void
language plpgsql
set search_path = ''
as $$
declare
  strangers uuid[];
begin
  if (select count(*) from supanest.profiles p where p.user_id = any (p_users) and p.deleted_at is null)
    = (select count(distinct u.id) from unnest(p_users) as u (id))
  then
    return;
  end if;
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
