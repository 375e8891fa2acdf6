/** A local Supabase in a process of its own: says in one line of JSON where it is, and ends on SIGTERM. */
import { startLocalSupabase } from '../packages/local-supabase/src/index.ts';

const supabase = await startLocalSupabase({ ports: { api: 0, db: 0, inbox: 0 }, memory: true, quiet: true });
console.log(JSON.stringify(supabase));
process.once('SIGTERM', () => void supabase.close().then(() => process.exit(0)));
