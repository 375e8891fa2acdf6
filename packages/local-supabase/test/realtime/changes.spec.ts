import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { filtersOfChanges } from './changes/filters.cases.ts';
import { policiesOfChanges } from './changes/policies.cases.ts';
import { tellingOfChanges } from './changes/telling.cases.ts';
import { RealtimeFixture } from './realtime.fixture.ts';

const fixture = new RealtimeFixture();

beforeAll(
  () =>
    fixture.start(`
      create table public.items (
        id int primary key, value text, amount numeric, tags text[], at timestamp, big bigint, data jsonb,
        hidden text, created_at timestamptz);
      create table public.notes (id int primary key, owner uuid, body text);
      alter table public.notes enable row level security;
      create policy own on public.notes for select to authenticated using (owner = auth.uid());
      create table public.whole (id int primary key, value text, bytes bytea);
      alter table public.whole replica identity full;
      create table public.keyless (value text);
      create table public.quiet (id int primary key);
      create table public."Odd Name" (id int primary key, "Some Value" text);
      create table public.picky (id int primary key);
      alter table public.picky enable row level security;
      create policy picky on public.picky for select using (1 / (id - id) = 1);
      revoke select on public.items from anon;
      grant select (id, value, amount, tags, at, big, data, created_at) on public.items to anon;
      alter publication supabase_realtime add table
        public.items, public.notes, public.whole, public.keyless, public."Odd Name", public.picky;`),
  120_000,
);
afterEach(() => fixture.leaveAll());
afterAll(() => fixture.stop());

tellingOfChanges(fixture);
filtersOfChanges(fixture);
policiesOfChanges(fixture);
