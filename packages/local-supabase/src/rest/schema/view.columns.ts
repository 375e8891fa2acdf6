/** Where a column of a view comes from: the table's oid, and the number of its column there. */
export interface ColumnOrigin {
  /** Number of the view's own column. */
  readonly column: number;
  readonly table: string;
  readonly tableColumn: number;
}

const ENTRY = /^\{TARGETENTRY .*:resno (\d+) .*:resorigtbl (\d+) :resorigcol (\d+) :resjunk false\}$/s;

/**
 * Reads a view's query as Postgres keeps it (`pg_rewrite.ev_action`): which of its columns are plain columns of tables.
 * Only the outermost list of targets counts; it already names the origins of what passes through subqueries.
 */
export function columnOrigins(definition: string): ColumnOrigin[] {
  const origins: ColumnOrigin[] = [];
  let depth = 0;
  let start = -1;
  for (let at = 0; at < definition.length; at += 1) {
    const character = definition[at];
    if (character === '\\') at += 1;
    else if (character === '{') {
      depth += 1;
      if (depth === 2 && definition.startsWith('{TARGETENTRY', at)) start = at;
    } else if (character === '}') {
      if (depth === 2 && start >= 0) {
        const found = ENTRY.exec(definition.slice(start, at + 1));
        if (found && found[2] !== '0')
          origins.push({ column: Number(found[1]), table: found[2] ?? '', tableColumn: Number(found[3]) });
        start = -1;
      }
      depth -= 1;
    }
  }
  return origins;
}
