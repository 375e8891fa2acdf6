/** One lexical piece of SQL at a time; what it does not name is taken character by character. */
const PIECE = new RegExp(
  [
    '--[^\\n]*',
    "[eE]'(?:[^'\\\\]|\\\\.|'')*'?",
    "'(?:[^']|'')*'?",
    '"(?:[^"]|"")*"?',
    '(?<open>/\\*)',
    '(?<tag>\\$(?:[\\p{L}_][\\p{L}\\p{N}_]*)?\\$)',
    '(?<word>[\\p{L}_][\\p{L}\\p{N}_$]*)',
    '[^]',
  ].join('|'),
  'suy',
);

function endOfComment(sql: string, start: number): number {
  const marks = /\/\*|\*\//g;
  marks.lastIndex = start;
  let depth = 1;
  for (let mark = marks.exec(sql); mark; mark = marks.exec(sql)) {
    depth += mark[0] === '/*' ? 1 : -1;
    if (depth === 0) return marks.lastIndex;
  }
  return sql.length;
}

function endOfDollarQuote(sql: string, start: number, tag: string): number {
  const end = sql.indexOf(tag, start);
  return end === -1 ? sql.length : end + tag.length;
}

/**
 * Splits a script into its statements, without their semicolons, comments kept with the statement they precede: what
 * the Supabase CLI stores in `supabase_migrations.schema_migrations.statements`. Knows strings, quoted names, dollar
 * quotes, nested comments, parentheses (rules) and `begin atomic … end` bodies.
 */
export function splitStatements(sql: string): string[] {
  const statements: string[] = [];
  let start = 0;
  let at = 0;
  let parentheses = 0;
  let blocks = 0;
  let previousWord = '';
  const finish = (end: number): void => {
    const statement = sql.slice(start, end).trim();
    if (statement !== '') statements.push(statement);
  };

  while (at < sql.length) {
    PIECE.lastIndex = at;
    const piece = PIECE.exec(sql);
    if (!piece) break;
    at = PIECE.lastIndex;
    const { open, tag, word } = piece.groups ?? {};
    if (open) at = endOfComment(sql, at);
    else if (tag) at = endOfDollarQuote(sql, at, tag);
    else if (word) {
      const name = word.toLowerCase();
      if (blocks > 0 && name === 'end') blocks -= 1;
      else if ((name === 'atomic' && previousWord === 'begin') || (blocks > 0 && name === 'case'))
        blocks += 1;
      previousWord = name;
    } else if (piece[0] === '(') parentheses += 1;
    else if (piece[0] === ')') parentheses = Math.max(0, parentheses - 1);
    else if (piece[0] === ';' && parentheses === 0 && blocks === 0) {
      finish(at - 1);
      start = at;
      previousWord = '';
    }
  }
  finish(sql.length);
  return statements;
}
