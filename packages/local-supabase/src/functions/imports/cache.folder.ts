import { homedir } from 'node:os';
import { join } from 'node:path';
import { environment } from '../../config/process.environment.ts';

/**
 * Where fetched imports are kept: in the user's cache, for all projects, so that neither a reset nor a new checkout fetches
 * them again. `XDG_CACHE_HOME` moves it.
 */
export function importsFolder(): string {
  return join(userCache(), 'local-supabase', 'imports');
}

function userCache(): string {
  const { XDG_CACHE_HOME: chosen = '', LOCALAPPDATA: ofWindows } = environment;
  if (chosen !== '') return chosen;
  if (process.platform === 'darwin') return join(homedir(), 'Library', 'Caches');
  if (process.platform === 'win32' && ofWindows !== undefined) return ofWindows;
  return join(homedir(), '.cache');
}
