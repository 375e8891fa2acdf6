import { tokens } from './lexer.ts';
import type { Token } from './lexer.ts';

/** One statement of a script, without its semicolon. */
export interface Statement {
  readonly start: number;
  readonly end: number;
  readonly tokens: readonly Token[];
}

/**
 * The statements of a script. A semicolon inside a string, a dollar-quoted body, a comment, parentheses or a
 * `BEGIN ATOMIC … END` body ends none.
 */
export function statements(sql: string): Statement[] {
  const found: Statement[] = [];
  let current: Token[] = [];
  let parentheses = 0;
  let atomic = 0;
  const finish = (end: number): void => {
    const first = current[0];
    if (first) found.push({ start: first.start, end, tokens: current });
    current = [];
    parentheses = 0;
    atomic = 0;
  };
  for (const token of tokens(sql)) {
    const text = sql.slice(token.start, token.end);
    if (text === ';' && parentheses === 0 && atomic === 0) {
      finish(token.start);
      continue;
    }
    if (text === '(') parentheses += 1;
    else if (text === ')') parentheses = Math.max(0, parentheses - 1);
    else if (token.kind === 'word') atomic = atomicDepth(sql, current.at(-1), text, atomic);
    current.push(token);
  }
  finish(sql.length);
  return found;
}

/** `BEGIN ATOMIC` opens a body, each `CASE` in it another, and `END` closes one. */
function atomicDepth(sql: string, previous: Token | undefined, word: string, depth: number): number {
  const lower = word.toLowerCase();
  const before = previous ? sql.slice(previous.start, previous.end).toLowerCase() : '';
  if (lower === 'atomic' && before === 'begin') return depth + 1;
  if (depth === 0) return 0;
  if (lower === 'case') return depth + 1;
  if (lower === 'end') return depth - 1;
  return depth;
}

/**
 * The statements of a script as texts, trimmed, each with the comments before it and inside of it: what the Supabase CLI
 * keeps in the history of migrations, so that other tools find there what stands in the file.
 */
export function splitStatements(sql: string): string[] {
  let from = 0;
  return statements(sql).map(({ end }) => {
    const text = sql.slice(from, end).replace(/^[;\s]+/, '');
    from = end;
    return text.trim();
  });
}
