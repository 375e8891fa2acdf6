import type { Asked } from './action.types.ts';

/** How the transaction ends: as configured, or as the request says where it may. */
export function endOf({ request, picture }: Asked): 'commit' | 'rollback' {
  return request.preferences.tx ?? (picture.config.rollsBack ? 'rollback' : 'commit');
}
