-- Entries directly under a prefix: objects, and one row for each folder. Bytewise order, so that pages are stable.
create or replace function storage.list_objects_with_delimiter(
  _bucket_id text,
  prefix_param text,
  delimiter_param text,
  max_keys integer default 100,
  start_after text default '',
  next_token text default '',
  sort_order text default 'asc'
) returns table (
  name text, id uuid, metadata jsonb, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz
)
  language plpgsql stable as $$
declare
  wanted text := coalesce(prefix_param, '');
  after_entry text := coalesce(nullif(next_token, ''), start_after, '');
  descending boolean := lower(coalesce(sort_order, 'asc')) = 'desc';
begin
  return query
    with entries as (
      -- A folder sorts, and is resumed after, by its name with the delimiter: an object "a" and a folder "a/" are two entries.
      select distinct on (entry.sorted_by)
        entry.sorted_by, entry.name, entry.id, entry.metadata, entry.updated_at, entry.created_at, entry.last_accessed_at
      from (
        select
          coalesce(folder, objects.name) collate "C" as sorted_by,
          case when folder is null then objects.name else left(folder, -length(delimiter_param)) end as name,
          case when folder is null then objects.id end as id,
          case when folder is null then objects.metadata end as metadata,
          case when folder is null then objects.updated_at end as updated_at,
          case when folder is null then objects.created_at end as created_at,
          case when folder is null then objects.last_accessed_at end as last_accessed_at
        from storage.objects,
          lateral storage.get_common_prefix(objects.name, wanted, delimiter_param) as folder
        where objects.bucket_id = _bucket_id and starts_with(objects.name, wanted)
      ) as entry
      order by entry.sorted_by
    )
    select entries.name, entries.id, entries.metadata, entries.updated_at, entries.created_at, entries.last_accessed_at
    from entries
    where after_entry = ''
      or (not descending and entries.sorted_by > after_entry)
      or (descending and entries.sorted_by < after_entry)
    order by
      case when not descending then entries.sorted_by end asc,
      case when descending then entries.sorted_by end desc
    limit max_keys;
end
$$;

-- The same entries in the order of a timestamp; folders have none and count as the oldest.
create or replace function storage.search_by_timestamp(
  p_prefix text,
  p_bucket_id text,
  p_limit integer,
  p_level integer,
  p_start_after text,
  p_sort_order text,
  p_sort_column text,
  p_sort_column_after text
) returns table (
  key text, name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb
)
  language plpgsql stable as $$
declare
  descending boolean := lower(coalesce(p_sort_order, 'asc')) = 'desc';
  after_time timestamptz := coalesce(nullif(p_sort_column_after, '')::timestamptz, 'epoch');
  after_entry text := coalesce(p_start_after, '');
begin
  return query
    with entries as (
      select
        listed.id, listed.updated_at, listed.created_at, listed.last_accessed_at, listed.metadata,
        (listed.name || case when listed.id is null then '/' else '' end) collate "C" as entry,
        -- Cursors carry milliseconds, so rows are compared by milliseconds too.
        date_trunc('milliseconds', coalesce(
          case when p_sort_column = 'updated_at' then listed.updated_at else listed.created_at end, 'epoch')) as sorted_by
      from storage.list_objects_with_delimiter(p_bucket_id, p_prefix, '/', null) as listed
    )
    select split_part(entries.entry, '/', p_level), entries.entry::text,
      entries.id, entries.updated_at, entries.created_at, entries.last_accessed_at, entries.metadata
    from entries
    where after_entry = ''
      or (not descending and (entries.sorted_by, entries.entry) > (after_time, after_entry))
      or (descending and (entries.sorted_by, entries.entry) < (after_time, after_entry))
    order by
      case when not descending then entries.sorted_by end asc,
      case when descending then entries.sorted_by end desc,
      case when not descending then entries.entry end asc,
      case when descending then entries.entry end desc
    limit p_limit;
end
$$;

create or replace function storage.search_v2(
  prefix text,
  bucket_name text,
  limits integer default 100,
  levels integer default 1,
  start_after text default '',
  sort_order text default 'asc',
  sort_column text default 'name',
  sort_column_after text default ''
) returns table (
  key text, name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb
)
  language plpgsql stable as $$
declare
  wanted_order text := case when lower(sort_order) = 'desc' then 'desc' else 'asc' end;
  wanted_column text := lower(coalesce(sort_column, 'name'));
  wanted_limit integer := least(coalesce(limits, 100), 1500);
begin
  if wanted_column in ('updated_at', 'created_at') then
    return query
      select * from storage.search_by_timestamp(
        prefix, bucket_name, wanted_limit, levels, start_after, wanted_order, wanted_column, sort_column_after);
  else
    return query
      select split_part(listed.name, '/', levels), listed.name || case when listed.id is null then '/' else '' end,
        listed.id, listed.updated_at, listed.created_at, listed.last_accessed_at, listed.metadata
      from storage.list_objects_with_delimiter(
        bucket_name, prefix, '/', wanted_limit, coalesce(start_after, ''), '', wanted_order) as listed;
  end if;
end
$$;

-- The older listing: offsets, any case, names relative to the prefix.
create or replace function storage.search(
  prefix text,
  bucketname text,
  limits integer default 100,
  levels integer default 1,
  offsets integer default 0,
  search text default '',
  sortcolumn text default 'name',
  sortorder text default 'asc'
) returns table (
  name text, id uuid, updated_at timestamptz, created_at timestamptz, last_accessed_at timestamptz, metadata jsonb
)
  language plpgsql stable as $$
declare
  wanted text := lower(coalesce(prefix, '') || coalesce(search, ''));
  depth integer := coalesce(levels, 1);
  by_name boolean := lower(coalesce(sortcolumn, 'name')) not in ('updated_at', 'created_at', 'last_accessed_at');
  by_column text := lower(coalesce(sortcolumn, 'name'));
  descending boolean := lower(coalesce(sortorder, 'asc')) = 'desc';
begin
  return query
    with entries as (
      select distinct on (entry.name, entry.is_object)
        entry.name, entry.is_object, entry.id, entry.updated_at, entry.created_at, entry.last_accessed_at, entry.metadata,
        case by_column
          when 'updated_at' then entry.updated_at
          when 'created_at' then entry.created_at
          when 'last_accessed_at' then entry.last_accessed_at
        end as sorted_by
      from (
        select
          objects.path_tokens[depth] as name,
          array_length(objects.path_tokens, 1) = depth as is_object,
          case when array_length(objects.path_tokens, 1) = depth then objects.id end as id,
          case when array_length(objects.path_tokens, 1) = depth then objects.updated_at end as updated_at,
          case when array_length(objects.path_tokens, 1) = depth then objects.created_at end as created_at,
          case when array_length(objects.path_tokens, 1) = depth then objects.last_accessed_at end as last_accessed_at,
          case when array_length(objects.path_tokens, 1) = depth then objects.metadata end as metadata
        from storage.objects
        where objects.bucket_id = bucketname
          and starts_with(lower(objects.name), wanted)
          and array_length(objects.path_tokens, 1) >= depth
      ) as entry
      order by entry.name, entry.is_object
    )
    select entries.name, entries.id, entries.updated_at, entries.created_at, entries.last_accessed_at, entries.metadata
    from entries
    order by
      -- By time, folders come first: they have no time of their own.
      case when not by_name then entries.is_object end asc,
      case when not by_name and not descending then entries.sorted_by end asc,
      case when not by_name and descending then entries.sorted_by end desc,
      case when not descending then lower(entries.name) end collate "C" asc,
      case when descending then lower(entries.name) end collate "C" desc,
      entries.name collate "C"
    limit least(coalesce(limits, 100), 1500) offset coalesce(offsets, 0);
end
$$;

create or replace function storage.list_multipart_uploads_with_delimiter(
  bucket_id text,
  prefix_param text,
  delimiter_param text,
  max_keys integer default 100,
  next_key_token text default '',
  next_upload_token text default ''
) returns table (key text, id text, created_at timestamptz)
  language plpgsql stable as $$
begin
  return query
    select distinct on (entry.key) entry.key, entry.id, entry.created_at
    from (
      select coalesce(storage.get_common_prefix(uploads.key, coalesce(prefix_param, ''), delimiter_param), uploads.key)
          collate "C" as key, uploads.id, uploads.created_at
      from storage.s3_multipart_uploads as uploads
      where uploads.bucket_id = list_multipart_uploads_with_delimiter.bucket_id
        and starts_with(uploads.key, coalesce(prefix_param, ''))
        and (next_upload_token = '' or uploads.id collate "C" > next_upload_token)
    ) as entry
    where next_key_token = '' or next_upload_token <> '' or entry.key > next_key_token
    order by entry.key, entry.created_at
    limit max_keys;
end
$$;
