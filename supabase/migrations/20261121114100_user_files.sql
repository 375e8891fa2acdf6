-- A private bucket in which everybody has a folder of their own, named by their id. Nothing to do where Supabase Storage is
-- not there (a bare Postgres).
do $$
begin
  if to_regclass('storage.buckets') is null or to_regclass('storage.objects') is null then
    raise notice 'There is no Supabase Storage here; the bucket user-files is not made.';
    return;
  end if;

  insert into storage.buckets (id, name, public) values ('user-files', 'user-files', false)
  on conflict (id) do nothing;

  if not exists (
    select from pg_catalog.pg_policies
    where schemaname = 'storage' and tablename = 'objects' and policyname = 'Users own their folder in user-files'
  ) then
    create policy "Users own their folder in user-files" on storage.objects
      for all to authenticated
      using (bucket_id = 'user-files' and (storage.foldername(name))[1] = (select auth.uid())::text)
      with check (bucket_id = 'user-files' and (storage.foldername(name))[1] = (select auth.uid())::text);
  end if;

  -- The bucket itself is no secret: whoever has a folder in it may see that it is there.
  if not exists (
    select from pg_catalog.pg_policies
    where schemaname = 'storage' and tablename = 'buckets' and policyname = 'Users see user-files'
  ) then
    create policy "Users see user-files" on storage.buckets
      for select to authenticated
      using (id = 'user-files');
  end if;
end
$$;
