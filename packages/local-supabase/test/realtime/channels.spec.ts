import { afterAll, afterEach, beforeAll } from '@jest/globals';
import { broadcasting } from './channels/broadcast.cases.ts';
import { broadcastFromTheDatabase } from './channels/database.cases.ts';
import { presence } from './channels/presence.cases.ts';
import { privateChannels } from './channels/private.cases.ts';
import { RealtimeFixture } from './realtime.fixture.ts';

const fixture = new RealtimeFixture();

beforeAll(
  () =>
    fixture.start(`
      create policy "members read" on realtime.messages for select to authenticated
        using (realtime.topic() like 'topic:%' or realtime.topic() like 'read-only:%');
      create policy "members write" on realtime.messages for insert to authenticated
        with check (realtime.topic() like 'topic:%' and extension in ('broadcast', 'presence'));
      create policy "some are stored" on realtime.messages for insert to authenticated
        with check (realtime.topic() like 'topic:stored:%' and extension = 'persistence');
      create policy "presence is secret" on realtime.messages as restrictive for select to authenticated
        using (extension <> 'presence' or realtime.topic() not like '%:hidden');
      create policy "this one fails" on realtime.messages for select to authenticated
        using (case when realtime.topic() like 'broken:%' then realtime.topic()::int = 1 else false end);
      create table public.rooms (id int primary key, name text, topic text);
      create function public.tell_room() returns trigger language plpgsql security definer as $$
      begin
        perform realtime.broadcast_changes(
          coalesce(new.topic, old.topic), tg_op, tg_op, tg_table_name, tg_table_schema, new, old);
        return null;
      end $$;
      create trigger tell_room after insert or update or delete on public.rooms
        for each row execute function public.tell_room();`),
  120_000,
);
afterEach(() => fixture.leaveAll());
afterAll(() => fixture.stop());

broadcasting(fixture);
privateChannels(fixture);
broadcastFromTheDatabase(fixture);
presence(fixture);
