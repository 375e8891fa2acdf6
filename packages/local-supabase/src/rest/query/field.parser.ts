import type { Cursor } from './cursor.ts';
import type { Field, JsonStep } from './query.types.ts';

/** `column`, `column->key->>0`. */
export function parseField(cursor: Cursor): Field {
  return { name: cursor.name(), path: parseJsonPath(cursor) };
}

export function parseJsonPath(cursor: Cursor): JsonStep[] {
  const steps: JsonStep[] = [];
  while (cursor.follows('->')) {
    const arrow = cursor.take('->>') ? '->>' : '->';
    if (arrow === '->') cursor.expect('->');
    // A number is an index only where nothing more of a name follows.
    const index = cursor.match(/-?\d{1,9}(?![\p{L}\p{N}_ $])/u);
    steps.push({ arrow, key: index === undefined ? cursor.name('json key or index') : Number(index) });
  }
  return steps;
}
