import { StartRefused } from './start.refused.ts';

/** The port is taken, or not ours to take. */
export class PortUnavailable extends StartRefused {
  override readonly name = 'PortUnavailable';
}

/** Says what a listen error means to the one who started this. */
export function portError(error: NodeJS.ErrnoException, port: number, purpose: string): Error {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const why = error.code === 'EADDRINUSE' ? 'is in use by another process' : 'may not be used';
  return new PortUnavailable(
    `Port ${port} (${purpose}) ${why}. Is another Supabase running? Stop it, or choose another port in supabase/config.toml or on the command line.`,
  );
}
