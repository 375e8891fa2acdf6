/* eslint-disable no-restricted-syntax -- the one place where this package reads the environment */
import { StartRefused } from '../start.refused.ts';

/** For `env(NAME)` in `config.toml`. */
export const environment: Readonly<Record<string, string | undefined>> = process.env;

/** Whose default keys are published must serve nobody but its developer. @throws StartRefused in production */
export function refuseProduction(): void {
  if (process.env.NODE_ENV === 'production') {
    throw new StartRefused(
      'The local Supabase is development software and does not start with NODE_ENV=production.',
    );
  }
}
