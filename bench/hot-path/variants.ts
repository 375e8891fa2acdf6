import type { BenchDatabase } from './database.ts';
import { JWT_SECRET, SUPABASE_URL } from './database.ts';

/** One thing that is measured: a route of a server. */
export interface Variant {
  key: 'a' | 'b' | 'c' | 'd' | 'e';
  name: string;
  /** The compiled file under `bench/dist/bench`. */
  server: string;
  path: string;
  authenticated: boolean;
}

const SUPANEST = 'hot-path/servers/supanest.server';

export const variants: readonly Variant[] = [
  {
    key: 'a',
    name: 'bare Nest on Fastify',
    server: 'hot-path/servers/bare.server',
    path: '/api/bench/bare',
    authenticated: false,
  },
  {
    key: 'b',
    name: 'authenticated',
    server: SUPANEST,
    path: '/api/bench/authenticated',
    authenticated: true,
  },
  {
    key: 'c',
    name: 'authenticated and counted',
    server: SUPANEST,
    path: '/api/bench/counted',
    authenticated: true,
  },
  {
    key: 'd',
    name: 'authenticated, counted and metered',
    server: SUPANEST,
    path: '/api/bench/metered',
    authenticated: true,
  },
  {
    key: 'e',
    name: 'the conventional stack',
    server: 'conventional/conventional.server',
    path: '/api/bench/metered',
    authenticated: true,
  },
];

/** The same for every server; each reads what it knows. */
export function environment(database: BenchDatabase): Record<string, string> {
  return {
    HOST: '127.0.0.1',
    PORT: '0',
    LOG_LEVEL: 'info',
    SUPABASE_URL,
    SUPABASE_KEY: 'sb_publishable_for_the_benchmark_only',
    SUPABASE_SECRET_KEY: 'sb_secret_for_the_benchmark_only',
    SUPABASE_JWT_SECRET: JWT_SECRET,
    DATABASE_URL: database.url,
  };
}
