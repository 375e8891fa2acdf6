-- What may this caller do on a private channel? The policies of realtime.messages decide: a message that nobody sees is
-- written, read back as the caller, written again as the caller, and everything is undone before the answer is given.
create or replace function _realtime.authorize(
  topic text, caller_role text, claims jsonb, headers jsonb, extension text, wants_write boolean
) returns boolean
  language plpgsql
  as $$
declare
  probe uuid := gen_random_uuid();
  allowed boolean := false;
begin
  begin
    if not wants_write then
      insert into realtime.messages (id, topic, extension) values (probe, authorize.topic, authorize.extension);
    end if;
    perform
      set_config('realtime.topic', authorize.topic, true),
      set_config('request.jwt.claims', authorize.claims::text, true),
      set_config('request.headers', authorize.headers::text, true),
      set_config('role', authorize.caller_role, true);
    if wants_write then
      insert into realtime.messages (topic, extension) values (authorize.topic, authorize.extension);
      allowed := true;
    else
      allowed := exists (select from realtime.messages m where m.id = probe);
    end if;
    raise exception using errcode = 'UNDO0';
  exception
    when sqlstate 'UNDO0' then null;
    when insufficient_privilege then allowed := false;
  end;
  return allowed;
end $$;
