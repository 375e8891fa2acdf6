import { createClient } from '@supabase/supabase-js';
import { startLocalSupabase } from '../../../src/index.ts';

/** A local Supabase in a process of its own: it can be measured, and killed. */
const [, , workdir = '.'] = process.argv;
const supabase = await startLocalSupabase({
  workdir,
  quiet: true,
  ports: { api: 0, db: 0, inbox: 0 },
  config: { storage: { file_size_limit: '1GiB' } },
});
await createClient(supabase.url, supabase.serviceRoleKey).storage.createBucket('large', { public: false });
process.on('message', (question) => {
  if (question === 'rss') process.send?.(process.memoryUsage().rss);
  else void supabase.close().then(() => process.exit());
});
process.send?.({ url: supabase.url, serviceRoleKey: supabase.serviceRoleKey });
