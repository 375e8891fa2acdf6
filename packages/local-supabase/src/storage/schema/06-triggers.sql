create or replace function storage.update_updated_at_column() returns trigger
  language plpgsql as $$
begin
  new.updated_at := now();
  return new;
end
$$;

create or replace function storage.enforce_bucket_name_length() returns trigger
  language plpgsql as $$
begin
  if length(new.name) > 100 then
    raise exception 'bucket name "%" is too long (% characters). Max is 100.', new.name, length(new.name);
  end if;
  return new;
end
$$;

-- A row deleted by plain SQL would leave its file behind; the storage API opens this gate for its own transactions.
create or replace function storage.protect_delete() returns trigger
  language plpgsql as $$
begin
  if coalesce(current_setting('storage.allow_delete_query', true), 'false') <> 'true' then
    raise exception 'Direct deletion from storage tables is not allowed. Use the Storage API instead.'
      using errcode = '42501', hint = 'This prevents accidental data loss from orphaned objects.';
  end if;
  return null;
end
$$;

create or replace trigger update_objects_updated_at
  before update on storage.objects for each row execute function storage.update_updated_at_column();
create or replace trigger enforce_bucket_name_length_trigger
  before insert or update of name on storage.buckets for each row execute function storage.enforce_bucket_name_length();
create or replace trigger protect_buckets_delete
  before delete on storage.buckets for each statement execute function storage.protect_delete();
create or replace trigger protect_objects_delete
  before delete on storage.objects for each statement execute function storage.protect_delete();
