-- Row changes for postgres_changes. There is no replication slot to read here, so a trigger on each published table keeps
-- the changes that somebody listens to; a table without listeners pays one index look-up a row, an unpublished one nothing.

do $$
begin
  if not exists (select from pg_publication where pubname = 'supabase_realtime') then
    create publication supabase_realtime;
  end if;
end $$;

create unlogged table if not exists _realtime.subscription (
  binding uuid not null,
  entity oid not null,
  action text not null,
  role_name text not null,
  claims jsonb not null,
  predicate text,
  named text[] not null,
  selected text[],
  primary key (binding, entity)
);
create index if not exists subscription_entity on _realtime.subscription (entity, action);

create unlogged table if not exists _realtime.change (
  id bigint generated always as identity primary key,
  xid xid8 not null default pg_current_xact_id(),
  entity oid not null,
  action text not null,
  record jsonb,
  old_record jsonb,
  at timestamptz not null default clock_timestamp()
);
create index if not exists change_xid on _realtime.change (xid, id);

-- Keeps a change and announces its transaction. Notifications arrive in the order of commits, which ids do not have.
-- Nobody reads for long: at most 50,000 changes wait, the oldest are dropped first.
create or replace function _realtime.capture() returns trigger
  language plpgsql security definer set search_path = ''
  as $$
declare
  change_id bigint;
begin
  if exists (
    select from _realtime.subscription s where s.entity = tg_argv[0]::oid and s.action in ('*', tg_op)
  ) then
    insert into _realtime.change (entity, action, record, old_record)
    values (
      tg_argv[0]::oid, tg_op,
      case when tg_op <> 'DELETE' then to_jsonb(new) end,
      case when tg_op <> 'INSERT' then to_jsonb(old) end
    ) returning id into change_id;
    perform pg_notify('supabase_realtime', 'changes:' || pg_current_xact_id());
    if change_id % 1000 = 0 then
      delete from _realtime.change where id <= change_id - 50000;
    end if;
  end if;
  return null;
exception when others then
  raise warning 'ErrorCapturingChange: %', sqlerrm;
  return null;
end $$;

-- The published tables, as wanted by a subscription; '*' stands for any name.
create or replace function _realtime.published(wanted_schema text, wanted_table text) returns setof regclass
  language sql stable
  as $$
  select format('%I.%I', schemaname, tablename)::regclass
  from pg_publication_tables
  where pubname = 'supabase_realtime'
    and wanted_schema in ('*', schemaname) and wanted_table in ('*', tablename)
$$;

-- Published tables without the trigger, and tables with it that are published no more.
create or replace function _realtime.unwatched() returns table (entity regclass, is_published boolean)
  language sql stable
  as $$
  select p, true from _realtime.published('*', '*') p
  where not exists (select from pg_trigger where tgrelid = p and tgname = 'supabase_realtime_capture')
  union all
  select tgrelid::regclass, false from pg_trigger
  where tgname = 'supabase_realtime_capture' and tgparentid = 0
    and tgrelid not in (select p from _realtime.published('*', '*') p)
$$;

-- Puts the trigger on what is published and takes it from what is no more. 'Always': a replica's session counts too.
-- One at a time, and nobody waits long for a table that is locked: the subscriber tries again.
create or replace function _realtime.watch() returns void
  language plpgsql set lock_timeout = '3s'
  as $$
declare
  found record;
begin
  if not exists (select from _realtime.unwatched()) then
    return;
  end if;
  perform pg_advisory_xact_lock(7355608013);
  for found in select * from _realtime.unwatched() loop
    if not found.is_published then
      execute format('drop trigger supabase_realtime_capture on %s', found.entity);
      continue;
    end if;
    execute format(
      'create trigger supabase_realtime_capture after insert or update or delete on %s
       for each row execute function _realtime.capture(%L)', found.entity, found.entity::oid);
    execute format('alter table %s enable always trigger supabase_realtime_capture', found.entity);
  end loop;
end $$;

create or replace function _realtime.may_select(reader text, entity oid, column_name text) returns boolean
  language sql stable
  as $$ select has_column_privilege(reader, entity, column_name, 'SELECT') $$;
