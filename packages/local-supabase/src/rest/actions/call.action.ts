import { refusals } from '../errors/refusals.ts';
import { planRead } from '../plan/read.planner.ts';
import { chooseRoutine } from '../plan/routine.choice.ts';
import { negotiate } from '../request/media.types.ts';
import type { Media } from '../request/media.types.ts';
import { readPayload } from '../request/payload.ts';
import { counts } from '../request/preferences.ts';
import type { Payload } from '../request/payload.ts';
import type { Parameter, Routine } from '../schema/schema.types.ts';
import { callSql } from '../sql/call.sql.ts';
import type { CallArguments } from '../sql/call.sql.ts';
import { RETURNED } from '../sql/embed.sql.ts';
import { countedSql, pageSql, readSql } from '../sql/read.sql.ts';
import { identifier, sql } from '../sql/sql.ts';
import type { Action, Asked } from './action.types.ts';
import { applyRange } from './content.range.ts';
import { checkSingular, pageAnswer } from './read.action.ts';
import { neededColumns } from './returned.columns.ts';
import { rowShapes } from './shapes.ts';
import { endOf } from './transaction.end.ts';
import { checkAffected } from './write.action.ts';

const VALUE_SHAPES = ['array', 'object', 'csv'] as const;

/** `POST`, `GET` or `HEAD /rpc/function`. */
export function callAction(asked: Asked): Action {
  const { request, picture } = asked;
  const { config, schema } = picture;
  const { routine, args } = routineOf(asked);
  const shapes = routine.returnsRows ? rowShapes(schema) : VALUE_SHAPES;
  const media = negotiate(request.http.headers.accept, shapes, config.plans, routine.media);
  const { handling, 'max-affected': most } = request.preferences;
  if (handling === 'strict' && most !== undefined && !routine.returnsSet)
    throw refusals.maxAffectedOfScalar();
  const transaction = {
    readOnly: request.method !== 'POST' || routine.volatility !== 'volatile',
    rollsBack: endOf(asked) === 'rollback',
    settings: routine.settings,
  };
  const plan = routine.returnsRows
    ? rowsOf(asked, routine, args, media)
    : valuesOf(asked, routine, args, media);
  const returnsNothing =
    routine.returns.schema === 'pg_catalog' && routine.returns.name === 'void' && !routine.returnsSet;
  const empty = returnsNothing || request.preferences.return === 'minimal';
  return {
    media,
    parts: counts(request.preferences) ? plan.parts : withoutCount(plan.parts),
    transaction,
    check: (found) => {
      if (!returnsNothing) checkSingular(media.shape, found);
      checkAffected(asked, found);
    },
    answer: (found) => {
      const page = pageAnswer(asked, plan.from, found);
      return empty && media.plan === undefined ? { ...page, status: 204, hasBody: false } : page;
    },
  };
}

function withoutCount({ counted, ...parts }: Action['parts']): Action['parts'] {
  return counted ? parts : parts;
}

function routineOf({ request, picture }: Asked): { routine: Routine; args: CallArguments } {
  const { query, http, target, schema: of } = request;
  const name = { schema: of, name: target.kind === 'routine' ? target.name : '' };
  if (request.method !== 'POST') {
    const keys = query.arguments.map(([key]) => key);
    const routine = chooseRoutine(picture.schema, name, keys, undefined);
    return { routine, args: { kind: 'query', given: query.arguments, parameters: namedIn(routine, keys) } };
  }
  const payload = readPayload(http.headers['content-type'], http.body, {
    sameKeys: query.columns === undefined,
    rowsOnly: false,
  });
  const keys = query.columns ?? payload.keys;
  const routine = chooseRoutine(picture.schema, name, keys, payload.type);
  if (payload.type === 'form') {
    const given = [...new URLSearchParams(http.body.toString('utf8'))];
    return { routine, args: { kind: 'query', given, parameters: namedIn(routine, keys) } };
  }
  return { routine, args: bodyArguments(routine, payload, keys) };
}

function bodyArguments(routine: Routine, payload: Payload, keys: readonly string[]): CallArguments {
  const [only] = routine.parameters;
  if (only?.name === '' && (only.required || keys.length > 0))
    return { kind: 'whole', payload, parameter: only };
  return { kind: 'json', payload, parameters: namedIn(routine, keys) };
}

function namedIn({ parameters }: Routine, keys: readonly string[]): Parameter[] {
  return parameters.filter(({ name }) => keys.includes(name));
}

interface Planned {
  readonly parts: Action['parts'];
  readonly from: number;
}

function rowsOf({ request, picture }: Asked, routine: Routine, args: CallArguments, media: Media): Planned {
  const { config, schema } = picture;
  const node = planRead(
    schema,
    { name: namedRows(routine), source: { kind: 'returned' }, reads: true },
    { ...request.query },
    config,
  );
  applyRange(node, request);
  return {
    from: node.offset,
    parts: {
      source: callSql(routine, args, neededColumns(node, true)),
      rows: readSql(node),
      counted: countedSql(node),
      media,
      singleRow: !routine.returnsSet,
    },
  };
}

/** The table whose rows are returned; of rows that are no table's, the function's own name, in no schema. */
function namedRows({ name, returns }: Routine): { schema: string; name: string } {
  return returns.schema === 'pg_catalog' ? { schema: '', name } : returns;
}

function valuesOf({ request, picture }: Asked, routine: Routine, args: CallArguments, media: Media): Planned {
  const rows = sql`SELECT * FROM ${identifier(RETURNED)}`;
  const own = ({ path }: { path: readonly string[] }): boolean => path.length === 0;
  const page = {
    limit: routine.returnsSet ? picture.config.maxRows : undefined,
    offset: request.query.offsets.find(own)?.value ?? 0,
  };
  const limit = request.query.limits.find(own)?.value;
  if (limit !== undefined) page.limit = Math.min(limit, page.limit ?? limit);
  applyRange(page, request);
  return {
    from: page.offset,
    parts: {
      source: callSql(routine, args, undefined),
      rows: sql`${rows}${pageSql(page)}`,
      counted: rows,
      media,
      scalar: routine.returnsSet ? 'many' : 'one',
    },
  };
}
