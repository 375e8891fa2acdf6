import { readFileSync } from 'node:fs';
import type { SchemaScript } from '../database/schema.script.ts';

/** In the order they run; each may run again over what an older one has left. */
const FILES = ['messages', 'authorization', 'changes', 'subscriptions', 'delivery', 'take-changes'];

/** Creates schema `realtime`, and the publication that says which tables' changes are told. */
export function realtimeSchema(): SchemaScript {
  return {
    name: 'realtime',
    statements: FILES.map((name) => readFileSync(new URL(`./sql/${name}.sql`, import.meta.url), 'utf8')),
  };
}
