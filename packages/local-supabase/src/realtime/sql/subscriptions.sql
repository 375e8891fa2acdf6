-- One condition of a filter as SQL over a row called r. The values become literals, never code.
create or replace function _realtime.condition(entity regclass, reader text, condition jsonb) returns text
  language plpgsql stable
  as $$
declare
  column_name text := condition ->> 'column';
  op text := condition ->> 'op';
  operand text := condition ->> 'value';
  type_name text;
  operator text;
  expression text;
begin
  select format_type(a.atttypid, null) into type_name
  from pg_attribute a
  where a.attrelid = entity and a.attname = column_name and a.attnum > 0 and not a.attisdropped;
  if type_name is null or not _realtime.may_select(reader, entity, column_name) then
    raise exception 'invalid column for filter %', column_name;
  end if;
  operator := case op
    when 'eq' then '=' when 'neq' then '<>' when 'lt' then '<' when 'lte' then '<=' when 'gt' then '>'
    when 'gte' then '>=' when 'like' then 'like' when 'ilike' then 'ilike' when 'match' then '~'
    when 'imatch' then '~*' when 'isdistinct' then 'is distinct from' end;
  if op = 'in' then
    expression := format('r.%I = any (%L::%s[])', column_name, operand, type_name);
    if (select count(*) from unnest(operand::text[])) > 100 then
      raise exception 'too many values for `in` filter. Maximum 100';
    end if;
  elsif op = 'is' then
    if operand not in ('null', 'true', 'false', 'unknown') then
      raise exception 'invalid value for is filter: must be null, true, false, or unknown';
    end if;
    expression := format('r.%I is %s', column_name, operand);
  elsif op in ('like', 'ilike', 'match', 'imatch') then
    if op in ('match', 'imatch') then
      perform '' ~ operand;
    end if;
    expression := format('r.%I %s %L::text', column_name, operator, operand);
  else
    expression := format('r.%I %s %L::%s', column_name, operator, operand, type_name);
  end if;
  return case when (condition ->> 'negate')::boolean then format('not (%s)', expression)
              else format('(%s)', expression) end;
end $$;

-- Subscribes one binding of a channel to every table it names; how many there are. A filter is tried here, so that it
-- cannot fail when a change arrives.
create or replace function _realtime.subscribe(
  binding uuid, wanted_schema text, wanted_table text, action text, conditions jsonb, selected text[], claims jsonb
) returns integer
  language plpgsql
  as $$
declare
  entity regclass;
  reader text := claims ->> 'role';
  predicate text;
  column_name text;
  subscribed integer := 0;
begin
  perform _realtime.watch();
  delete from _realtime.subscription s where s.binding = subscribe.binding;
  for entity in select _realtime.published(wanted_schema, wanted_table) loop
    select string_agg(_realtime.condition(entity, reader, c), ' and ') into predicate
    from jsonb_array_elements(conditions) c;
    if predicate is not null then
      execute format('select %s from %s r limit 0', predicate, entity);
    end if;
    foreach column_name in array coalesce(selected, '{}') loop
      if not exists (select from pg_attribute a where a.attrelid = entity and a.attname = column_name and a.attnum > 0)
        or not _realtime.may_select(reader, entity, column_name)
      then
        raise exception 'invalid column for select %', column_name;
      end if;
    end loop;
    insert into _realtime.subscription (binding, entity, action, role_name, claims, predicate, named, selected)
    values (
      subscribe.binding, entity, subscribe.action, reader, subscribe.claims, predicate,
      array(select c ->> 'column' from jsonb_array_elements(conditions) c), subscribe.selected
    );
    subscribed := subscribed + 1;
  end loop;
  return subscribed;
end $$;
