import type { RestAnswer } from '../rest.types.ts';
import { chooseRoutineMethods } from './routine.methods.ts';
import { tableOf } from './table.of.ts';
import type { Asked } from './action.types.ts';

/** `OPTIONS`: which methods a target takes. */
export function optionsAnswer(asked: Asked): RestAnswer {
  return { status: 200, headers: [['allow', methods(asked).join(',')]], body: '' };
}

function methods(asked: Asked): string[] {
  const { target } = asked.request;
  if (target.kind === 'root') return ['OPTIONS', 'GET', 'HEAD'];
  if (target.kind === 'routine') return chooseRoutineMethods(asked, target.name);
  const table = tableOf(asked);
  return [
    'OPTIONS',
    'GET',
    'HEAD',
    ...(table.insertable ? ['POST'] : []),
    ...(table.insertable && table.updatable && table.primaryKey.length > 0 ? ['PUT'] : []),
    ...(table.updatable ? ['PATCH'] : []),
    ...(table.deletable ? ['DELETE'] : []),
  ];
}
