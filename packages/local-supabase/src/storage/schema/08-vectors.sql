-- Entries of vector indexes. Only the storage service reads them, and compares them itself.
create schema if not exists storage_vectors authorization supabase_storage_admin;
create table if not exists storage_vectors.entries (
  index_id text not null references storage.vector_indexes (id) on delete cascade,
  key text collate "C" not null,
  embedding real[] not null,
  metadata jsonb not null default '{}',
  primary key (index_id, key)
);
revoke all on schema storage_vectors from public;
grant usage on schema storage_vectors to service_role;
grant select, insert, update, delete on storage_vectors.entries to service_role;
grant insert, delete on storage.buckets_vectors, storage.vector_indexes to service_role;
