import type { Asked } from './action.types.ts';

/** How the transaction ends: as configured, or as the request says where it may. */
export function endOf({ request, picture }: Asked): 'commit' | 'rollback' {
  const { rollsBack, txOverride } = picture.config;
  const { tx } = request.preferences;
  return (txOverride ? tx : undefined) ?? (rollsBack ? 'rollback' : 'commit');
}
