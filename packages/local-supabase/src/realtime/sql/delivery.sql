-- Does a row satisfy a subscription's filter? Of a deleted row only the identity is known: a filter that names anything
-- else is not satisfied.
create or replace function _realtime.matches(entity regclass, predicate text, named text[], record jsonb) returns boolean
  language plpgsql stable
  as $$
declare
  matched boolean;
begin
  if predicate is null then
    return true;
  end if;
  if record is null or not record ?& named then
    return false;
  end if;
  execute format('select %s from jsonb_populate_record(null::%s, $1) r', predicate, entity) into matched using record;
  return coalesce(matched, false);
exception when others then
  return false;
end $$;

-- May this caller see the row now? Asked of the table itself, as the caller, by the row's primary key. A policy that
-- fails answers null.
create or replace function _realtime.visible(
  entity regclass, key_columns text[], record jsonb, caller_role text, claims jsonb
) returns boolean
  language plpgsql
  as $$
declare
  found boolean;
  condition text;
begin
  select string_agg(format('t.%I = %L', k, record ->> k), ' and ') into condition from unnest(key_columns) k;
  perform set_config('request.jwt.claims', claims::text, true), set_config('role', caller_role, true);
  begin
    execute format('select exists (select from %s t where %s)', entity, condition) into found;
  exception when others then
    raise warning 'ErrorApplyingPolicies: %', sqlerrm;
    found := null;
  end;
  perform set_config('role', 'none', true), set_config('request.jwt.claims', '', true);
  return found;
end $$;

-- Might this caller have seen a row that is gone by now? It is put back for as long as the question takes, without its
-- triggers and foreign keys, and undone. What cannot be put back was not seen.
create or replace function _realtime.was_visible(
  entity regclass, key_columns text[], record jsonb, caller_role text, claims jsonb
) returns boolean
  language plpgsql
  as $$
declare
  still_there boolean;
  columns text;
  answer boolean := false;
begin
  execute format('select exists (select from %s t where %s)', entity, (
    select string_agg(format('t.%I = %L', k, record ->> k), ' and ') from unnest(key_columns) k)) into still_there;
  if still_there then
    return false;
  end if;
  select string_agg(quote_ident(a.attname), ', ') into columns
  from pg_attribute a
  where a.attrelid = entity and a.attnum > 0 and not a.attisdropped and a.attgenerated = '';
  begin
    perform set_config('session_replication_role', 'replica', true), set_config('lock_timeout', '500', true);
    execute format(
      'insert into %1$s (%2$s) overriding system value select %2$s from jsonb_populate_record(null::%1$s, $1)',
      entity, columns) using record;
    perform set_config('session_replication_role', 'origin', true);
    answer := _realtime.visible(entity, key_columns, record, caller_role, claims);
    raise exception using errcode = 'UNDO0';
  exception
    when sqlstate 'UNDO0' then null;
    when others then answer := false;
  end;
  return answer;
end $$;

-- Values of a record that a subscriber gets: what he may select, has selected, and of an oversized record the small ones.
create or replace function _realtime.pick(record jsonb, columns text[], oversized boolean) returns jsonb
  language sql immutable
  as $$
  select coalesce(jsonb_object_agg(key, value), '{}')
  from jsonb_each(record)
  where key = any (columns) and (not oversized or octet_length(value::text) <= 64)
$$;

-- Bytes are told as their digits alone, as wal2json writes them.
create or replace function _realtime.with_bytes_as_digits(record jsonb, entity oid) returns jsonb
  language sql stable
  as $$
  select record || coalesce(jsonb_object_agg(a.attname, substr(record ->> a.attname, 3)), '{}')
  from pg_attribute a
  where a.attrelid = entity and a.atttypid = 'bytea'::regtype and not a.attisdropped
    and starts_with(record ->> a.attname, '\x')
$$;

create or replace function _realtime.key_columns(entity oid) returns text[]
  language sql stable
  as $$
  select coalesce(array_agg(a.attname::text), '{}')
  from pg_index i join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
  where i.indrelid = entity and i.indisprimary
$$;

-- The columns of the old row that a change carries: all with REPLICA IDENTITY FULL, else the key.
create or replace function _realtime.identity_columns(entity oid, record jsonb) returns text[]
  language sql stable
  as $$
  select case c.relreplident
    when 'f' then array(select jsonb_object_keys(record))
    when 'i' then (
      select array_agg(a.attname::text) from pg_index i
      join pg_attribute a on a.attrelid = i.indrelid and a.attnum = any (i.indkey)
      where i.indrelid = entity and i.indisreplident)
    when 'd' then _realtime.key_columns(entity)
    else '{}' end
  from pg_class c where c.oid = entity
$$;

-- What one change says to one audience: the subscriptions of the same role and the same selection.
create or replace function _realtime.describe(
  change _realtime.change, reader text, selected text[], key_columns text[], oversized boolean
) returns jsonb
  language plpgsql stable
  as $$
declare
  kept text[];
  columns jsonb;
  protected boolean;
  identity text[] := _realtime.identity_columns(change.entity, change.old_record);
begin
  select array_agg(a.attname::text), jsonb_agg(jsonb_build_object('name', a.attname, 'type', t.typname) order by a.attnum)
  into kept, columns
  from pg_attribute a join pg_type t on t.oid = a.atttypid
  where a.attrelid = change.entity and a.attnum > 0 and not a.attisdropped
    and _realtime.may_select(reader, change.entity, a.attname)
    and (selected is null or a.attname = any (selected) or a.attname = any (key_columns));
  select relrowsecurity into protected from pg_class where oid = change.entity;
  -- Nobody can be asked whether he might have seen a row that is gone, so a protected table tells its key only.
  if change.action = 'DELETE' and protected then
    identity := array(select unnest(identity) intersect select unnest(key_columns));
  end if;
  return jsonb_build_object(
    'columns', coalesce(columns, '[]'),
    'commit_timestamp', to_char(change.at at time zone 'utc', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')
  )
  || case when change.action <> 'DELETE'
    then jsonb_build_object('record', _realtime.with_bytes_as_digits(
      _realtime.pick(change.record, kept, oversized), change.entity)) else '{}' end
  || case when change.action <> 'INSERT'
    then jsonb_build_object('old_record', _realtime.with_bytes_as_digits(_realtime.pick(
      change.old_record, array(select unnest(kept) intersect select unnest(identity)), oversized), change.entity)) else '{}' end;
end $$;
