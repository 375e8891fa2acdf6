-- What Supabase's SQL users see of Realtime: realtime.messages with its policies, realtime.topic(), realtime.send(),
-- realtime.send_binary() and realtime.broadcast_changes(). Every statement may run again on the next start.

create schema if not exists realtime;
create schema if not exists _realtime;

do $$
begin
  if not exists (select from pg_roles where rolname = 'supabase_realtime_admin') then
    create role supabase_realtime_admin noinherit nologin;
  end if;
end $$;

-- Supabase partitions this table by day. Nobody can tell from outside, and a single table needs no keeper of partitions.
create table if not exists realtime.messages (
  topic text not null,
  extension text not null,
  payload jsonb,
  event text,
  private boolean default false,
  updated_at timestamp not null default now(),
  inserted_at timestamp not null default now(),
  id uuid not null default gen_random_uuid(),
  binary_payload bytea,
  broadcasted_at timestamp,
  expires_at timestamp,
  primary key (id, inserted_at)
);

alter table realtime.messages add column if not exists binary_payload bytea;
alter table realtime.messages add column if not exists broadcasted_at timestamp;
alter table realtime.messages add column if not exists expires_at timestamp;
alter table realtime.messages enable row level security;

create index if not exists messages_inserted_at_topic_index on realtime.messages (inserted_at desc, topic)
  where extension = 'broadcast' and private is true;

-- The channel a policy is asked about, without its "realtime:" prefix.
create or replace function realtime.topic() returns text
  language sql stable
  as $$ select nullif(current_setting('realtime.topic', true), '') $$;

-- A message that cannot be stored must not undo the caller's own work: it warns instead.
create or replace function realtime.send(payload jsonb, event text, topic text, private boolean default true) returns void
  language plpgsql
  as $$
declare
  message_id uuid := gen_random_uuid();
begin
  perform set_config('realtime.topic', topic, true);
  insert into realtime.messages (id, payload, event, topic, private, extension)
  values (
    message_id,
    case when send.payload ? 'id' then send.payload
         else send.payload || jsonb_build_object('id', message_id) end,
    send.event, send.topic, send.private, 'broadcast'
  );
exception when others then
  raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end $$;

create or replace function realtime.send_binary(payload bytea, event text, topic text, private boolean default true) returns void
  language plpgsql
  as $$
begin
  perform set_config('realtime.topic', topic, true);
  insert into realtime.messages (binary_payload, event, topic, private, extension)
  values (send_binary.payload, send_binary.event, send_binary.topic, send_binary.private, 'broadcast');
exception when others then
  raise warning 'ErrorSendingBroadcastMessage: %', sqlerrm;
end $$;

-- For a row trigger: tells a private topic what happened to a row.
create or replace function realtime.broadcast_changes(
  topic_name text, event_name text, operation text, table_name text, table_schema text,
  new record, old record, level text default 'ROW'
) returns void
  language plpgsql
  as $$
begin
  if level = 'STATEMENT' then
    raise exception 'function can only be triggered for each row, not for each statement';
  end if;
  if operation not in ('INSERT', 'UPDATE', 'DELETE') then
    raise exception 'Unexpected operation type: %', operation;
  end if;
  perform realtime.send(
    jsonb_build_object(
      'schema', table_schema, 'table', table_name, 'operation', operation, 'record', new, 'old_record', old
    ),
    event_name, topic_name
  );
exception when others then
  raise exception 'Failed to process the row: %', sqlerrm;
end $$;

-- The notification carries the id only: a payload may be larger than the 8000 bytes NOTIFY takes.
create or replace function _realtime.announce_message() returns trigger
  language plpgsql security definer set search_path = ''
  as $$
begin
  perform pg_notify('supabase_realtime', 'message:' || new.id);
  return null;
end $$;

create or replace trigger announce_message after insert on realtime.messages
  for each row when (new.extension = 'broadcast' and new.broadcasted_at is null)
  execute function _realtime.announce_message();

do $$
declare
  reader text;
begin
  execute 'alter table realtime.messages owner to supabase_realtime_admin';
  foreach reader in array array['postgres', 'anon', 'authenticated', 'service_role'] loop
    continue when not exists (select from pg_roles where rolname = reader);
    execute format('grant usage on schema realtime to %I', reader);
    execute format('grant select, insert, update on realtime.messages to %I', reader);
    execute format('grant execute on all functions in schema realtime to %I', reader);
  end loop;
  execute 'grant usage, create on schema realtime to supabase_realtime_admin';
end $$;

revoke all on schema _realtime from public;
