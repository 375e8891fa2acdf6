-- Takes the next changes of one committed transaction from the queue, and says for each what it tells to whom.
-- Errors have Supabase's texts. Empty when the transaction has no more.
create or replace function _realtime.take_changes(of_transaction xid8, at_most integer, max_bytes integer)
  returns table (taken integer, payload jsonb, bindings uuid[])
  language plpgsql
  as $$
declare
  changes _realtime.change[];
  change _realtime.change;
  audience record;
  caller record;
  keys text[];
  protected boolean;
  oversized boolean;
  head jsonb;
  known jsonb;
  allowed uuid[];
  failed uuid[];
  seen boolean;
begin
  with taken_rows as (
    delete from _realtime.change c
    where c.id in (select n.id from _realtime.change n where n.xid = of_transaction order by n.id limit at_most)
    returning c.*
  )
  select array_agg(t::_realtime.change order by t.id) into changes from taken_rows t;
  foreach change in array coalesce(changes, '{}') loop
    select c.relrowsecurity, jsonb_build_object('schema', n.nspname, 'table', c.relname, 'type', change.action)
    into protected, head
    from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = change.entity;
    continue when head is null;
    keys := _realtime.key_columns(change.entity);
    known := case when change.action = 'DELETE'
      then _realtime.pick(change.old_record, _realtime.identity_columns(change.entity, change.old_record), false)
      else change.record end;
    oversized := octet_length(coalesce(change.record::text, '') || coalesce(change.old_record::text, '')) > max_bytes;
    for audience in
      select s.role_name, s.selected, array_agg(s.binding) as members
      from _realtime.subscription s
      where s.entity = change.entity and s.action in ('*', change.action)
      group by s.role_name, s.selected
    loop
      taken := cardinality(changes);
      if change.action <> 'DELETE' and cardinality(keys) = 0 then
        payload := head || '{"errors": ["Error 400: Bad Request, no primary key"]}';
        bindings := audience.members;
        return next;
        continue;
      end if;
      if change.action <> 'DELETE'
        and not (select bool_and(_realtime.may_select(audience.role_name, change.entity, k)) from unnest(keys) k)
      then
        payload := head || '{"errors": ["Error 401: Unauthorized"]}';
        bindings := audience.members;
        return next;
        continue;
      end if;
      allowed := '{}';
      failed := '{}';
      for caller in
        select s.claims, array_agg(s.binding) as members
        from _realtime.subscription s
        where s.binding = any (audience.members) and s.entity = change.entity
          and _realtime.matches(change.entity, s.predicate, s.named, known)
        group by s.claims
      loop
        seen := true;
        if protected and change.action <> 'DELETE' then
          seen := _realtime.visible(change.entity, keys, change.record, audience.role_name, caller.claims);
          if not seen then
            seen := _realtime.was_visible(change.entity, keys, change.record, audience.role_name, caller.claims);
          end if;
        end if;
        if seen then
          allowed := allowed || caller.members;
        elsif seen is null then
          failed := failed || caller.members;
        end if;
      end loop;
      if cardinality(allowed) > 0 then
        payload := head || _realtime.describe(change, audience.role_name, audience.selected, keys, oversized)
          || case when oversized then '{"errors": ["Error 413: Payload Too Large"]}' else '{"errors": null}'::jsonb end;
        bindings := allowed;
        return next;
      end if;
      if cardinality(failed) > 0 then
        payload := head || '{"errors": ["Error 500: Internal Server Error, RLS policy evaluation failed"]}';
        bindings := failed;
        return next;
      end if;
    end loop;
  end loop;
  if cardinality(coalesce(changes, '{}')) > 0 then
    taken := cardinality(changes);
    payload := null;
    bindings := '{}';
    return next;
  end if;
end $$;
