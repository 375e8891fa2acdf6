-- Parts of an object's name, for policies: foldername('a/b/c.png') = {a,b}.
create or replace function storage.foldername(name text) returns text[]
  language plpgsql immutable as $$
declare
  tokens text[] := string_to_array(name, '/');
begin
  return tokens[1 : array_length(tokens, 1) - 1];
end
$$;

create or replace function storage.filename(name text) returns text
  language plpgsql immutable as $$
declare
  tokens text[] := string_to_array(name, '/');
begin
  return tokens[array_length(tokens, 1)];
end
$$;

create or replace function storage.extension(name text) returns text
  language plpgsql immutable as $$
begin
  -- A name without a dot is its own extension, as upstream has it.
  return reverse(split_part(reverse(storage.filename(name)), '.', 1));
end
$$;

-- The folder that holds `p_key` right under `p_prefix`, with its delimiter; null when the key lies there itself.
create or replace function storage.get_common_prefix(p_key text, p_prefix text, p_delimiter text) returns text
  language sql immutable as $$
  select case
    when p_delimiter <> '' and strpos(substr(p_key, length(p_prefix) + 1), p_delimiter) > 0
      then left(p_key, length(p_prefix) + strpos(substr(p_key, length(p_prefix) + 1), p_delimiter) + length(p_delimiter) - 1)
  end
$$;

create or replace function storage.get_size_by_bucket() returns table (size bigint, bucket_id text)
  language plpgsql stable as $$
begin
  return query
    select sum((objects.metadata ->> 'size')::bigint)::bigint, objects.bucket_id
    from storage.objects
    group by objects.bucket_id;
end
$$;

-- What the storage API is doing in this transaction, for policies that allow one operation only.
create or replace function storage.operation() returns text
  language plpgsql stable as $$
begin
  return current_setting('storage.operation', true);
end
$$;

create or replace function storage.allow_any_operation(expected_operations text[]) returns boolean
  language sql stable as $$
  select coalesce(bool_or(regexp_replace(storage.operation(), '^storage\.', '') = regexp_replace(expected, '^storage\.', '')), false)
  from unnest(expected_operations) as expected
  where expected <> ''
$$;

create or replace function storage.allow_only_operation(expected_operation text) returns boolean
  language sql stable as $$
  select storage.allow_any_operation(array[expected_operation])
$$;

-- Tries an insert under the caller's policies and always undoes it, by raising.
create or replace function storage.can_insert_object(bucketid text, name text, owner uuid, metadata jsonb) returns void
  language plpgsql as $$
begin
  insert into storage.objects (bucket_id, name, owner, metadata) values (bucketid, name, owner, metadata);
  raise sqlstate 'PT200' using message = 'ROLLBACK', detail = 'rollback successful insert';
end
$$;
