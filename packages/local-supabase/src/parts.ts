import type { Context, Part } from './context.ts';
import { restPart } from './rest/rest.part.ts';

/** What is behind the gateway. */
export function parts(context: Context): Part[] {
  return [restPart(context)];
}
