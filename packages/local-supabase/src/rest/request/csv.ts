import { refusals } from '../errors/refusals.ts';

const CELL = /(?:"((?:[^"]|"")*)"|([^",\r\n]*))(,|\r\n|\n|\r|$)/y;

/** Rows of a CSV document by its header. `NULL` is no value. @throws RestError PGRST102 */
export function csvToRows(text: string): Record<string, string | null>[] {
  const [header, ...lines] = readLines(text);
  if (!header) return [];
  return lines.map((cells) => {
    if (cells.length !== header.length) throw refusals.body('All lines must have same number of fields');
    return Object.fromEntries(header.map((name, index) => [name ?? '', cells[index] ?? null]));
  });
}

function readLines(text: string): (string | null)[][] {
  const lines: (string | null)[][] = [];
  let line: (string | null)[] = [];
  CELL.lastIndex = 0;
  while (CELL.lastIndex < text.length || line.length > 0) {
    const found = CELL.exec(text);
    if (!found) throw refusals.body('Empty or invalid csv');
    const [, quoted, plain, end] = found;
    line.push(
      quoted === undefined ? (plain === 'NULL' ? null : (plain ?? '')) : quoted.replaceAll('""', '"'),
    );
    if (end === ',') continue;
    lines.push(line);
    line = [];
  }
  return lines;
}
