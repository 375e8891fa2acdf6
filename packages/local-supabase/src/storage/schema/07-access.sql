-- Closed until the project's own policies open something; the service role passes by.
alter table storage.migrations enable row level security;
alter table storage.buckets enable row level security;
alter table storage.objects enable row level security;
alter table storage.s3_multipart_uploads enable row level security;
alter table storage.s3_multipart_uploads_parts enable row level security;
alter table storage.buckets_analytics enable row level security;
alter table storage.buckets_vectors enable row level security;
alter table storage.vector_indexes enable row level security;

grant select, insert, update, delete on storage.buckets, storage.objects to anon, authenticated;
grant select on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to anon, authenticated;
grant select on storage.buckets_analytics, storage.buckets_vectors, storage.vector_indexes to anon, authenticated;
grant all on storage.buckets, storage.objects to service_role;
grant all on storage.s3_multipart_uploads, storage.s3_multipart_uploads_parts to service_role;
grant all on storage.buckets_analytics to service_role;
grant select on storage.buckets_vectors, storage.vector_indexes to service_role;
grant execute on all functions in schema storage to anon, authenticated, service_role;
grant all on all tables in schema storage to supabase_storage_admin;

alter default privileges in schema storage grant all on tables to service_role;
alter default privileges in schema storage grant all on functions to anon, authenticated, service_role;
alter default privileges in schema storage grant all on sequences to service_role;
