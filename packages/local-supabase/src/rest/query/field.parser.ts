import type { Cursor } from './cursor.ts';
import type { Field, JsonStep } from './query.types.ts';

/** Letters that a JSON key may have without quotes; a dash that begins no arrow joins two runs of them. */
const JSON_KEY = /[^(\-:.,>)]+(?:-(?!>)[^(\-:.,>)]+)*/u;
/** A number is an index only where nothing more of a key follows. */
const JSON_INDEX = /-?\d{1,9}(?=->|::|[.,)]|$)/;

/** `column`, `column->key->>0`. */
export function parseField(cursor: Cursor, expecting?: string): Field {
  return { name: cursor.name(expecting), path: parseJsonPath(cursor) };
}

export function parseJsonPath(cursor: Cursor): JsonStep[] {
  const steps: JsonStep[] = [];
  while (cursor.follows('->')) {
    const arrow = cursor.take('->>') ? '->>' : '->';
    if (arrow === '->') cursor.expect('->');
    const index = cursor.match(JSON_INDEX);
    steps.push({ arrow, key: index === undefined ? parseKey(cursor) : Number(index) });
  }
  return steps;
}

function parseKey(cursor: Cursor): string {
  if (cursor.follows('"')) return cursor.quoted();
  const key = cursor.match(JSON_KEY);
  if (key !== undefined) return key.trim();
  if (cursor.take('-')) throw cursor.error('digit');
  throw cursor.error('"-", digit or any non reserved character different from: .,>()');
}
