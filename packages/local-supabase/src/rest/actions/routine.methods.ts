import { keyOf } from '../schema/schema.types.ts';
import type { Asked } from './action.types.ts';

/** A function that changes something cannot be called by GET. */
export function chooseRoutineMethods({ request, picture }: Asked, name: string): string[] {
  const overloads = picture.schema.routines.get(keyOf({ schema: request.schema, name })) ?? [];
  const reads = overloads.some(({ volatility }) => volatility !== 'volatile');
  return reads ? ['OPTIONS', 'GET', 'HEAD', 'POST'] : ['OPTIONS', 'POST'];
}
