import { chooseRoutine } from '../plan/routine.choice.ts';
import type { RestAnswer } from '../rest.types.ts';
import { keyOf } from '../schema/schema.types.ts';
import type { Asked } from './action.types.ts';
import { tableOf } from './table.of.ts';

/** `OPTIONS`: what can be done there. @throws RestError for what is not there */
export function optionsAnswer(asked: Asked): RestAnswer {
  const allowed = ['OPTIONS', ...methodsOf(asked)].join(',');
  return {
    status: 200,
    headers: [
      ['access-control-allow-origin', '*'],
      ['allow', allowed],
    ],
    body: '',
  };
}

function methodsOf(asked: Asked): string[] {
  const { request, picture } = asked;
  const reads = ['GET', 'HEAD'];
  switch (request.target.kind) {
    case 'root':
      return reads;
    case 'routine': {
      const name = { schema: request.schema, name: request.target.name };
      const [routine = chooseRoutine(picture.schema, name, [], undefined)] =
        picture.schema.routines.get(keyOf(name)) ?? [];
      return routine.volatility === 'volatile' ? ['POST'] : [...reads, 'POST'];
    }
    case 'table': {
      const { insertable, updatable, deletable, primaryKey } = tableOf(asked);
      return [
        ...reads,
        ...(insertable ? ['POST'] : []),
        ...(insertable && updatable && primaryKey.length > 0 ? ['PUT'] : []),
        ...(updatable ? ['PATCH'] : []),
        ...(deletable ? ['DELETE'] : []),
      ];
    }
  }
}
