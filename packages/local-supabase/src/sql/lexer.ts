/** A piece of SQL text, as far as it takes to find where statements end. */
export interface Token {
  readonly kind: 'word' | 'quoted' | 'string' | 'punctuation';
  readonly start: number;
  readonly end: number;
}

const WORD_START = /[A-Za-z_\u0080-\uffff]/;
const WORD = /[\w$\u0080-\uffff]+/y;
const DOLLAR_TAG = /\$(?:[A-Za-z_\u0080-\uffff][\w\u0080-\uffff]*)?\$/y;
const SPACE = /\s+/y;
const NUMBER = /[\d.][\w.]*/y;

/** Walks through SQL as Postgres' lexer does: comments (nested ones too) and white space are left out. */
export function* tokens(sql: string): Generator<Token> {
  let at = 0;
  while (at < sql.length) {
    const start = at;
    const character = sql.charAt(at);
    const next = sql.charAt(at + 1);
    if (character === '-' && next === '-') {
      at = endOfLine(sql, at);
    } else if (character === '/' && next === '*') {
      at = endOfComment(sql, at);
    } else if (character === "'") {
      at = endOfString(sql, at, false);
      yield { kind: 'string', start, end: at };
    } else if ((character === 'E' || character === 'e') && next === "'") {
      at = endOfString(sql, at + 1, true);
      yield { kind: 'string', start, end: at };
    } else if (character === '"') {
      at = endOfQuoted(sql, at);
      yield { kind: 'quoted', start, end: at };
    } else if (character === '$' && matchAt(DOLLAR_TAG, sql, at)) {
      const tag = matchAt(DOLLAR_TAG, sql, at) ?? '$$';
      const close = sql.indexOf(tag, at + tag.length);
      at = close === -1 ? sql.length : close + tag.length;
      yield { kind: 'string', start, end: at };
    } else if (WORD_START.test(character)) {
      at += matchAt(WORD, sql, at)?.length ?? 1;
      yield { kind: 'word', start, end: at };
    } else {
      const run = matchAt(SPACE, sql, at) ?? undefined;
      if (run) {
        at += run.length;
        continue;
      }
      at += /\d/.test(character) ? (matchAt(NUMBER, sql, at)?.length ?? 1) : 1;
      yield { kind: 'punctuation', start, end: at };
    }
  }
}

function matchAt(pattern: RegExp, sql: string, at: number): string | undefined {
  pattern.lastIndex = at;
  return pattern.exec(sql)?.[0];
}

function endOfLine(sql: string, at: number): number {
  const end = sql.indexOf('\n', at);
  return end === -1 ? sql.length : end + 1;
}

function endOfComment(sql: string, at: number): number {
  let depth = 0;
  let position = at;
  while (position < sql.length) {
    if (sql.startsWith('/*', position)) {
      depth += 1;
      position += 2;
    } else if (sql.startsWith('*/', position)) {
      depth -= 1;
      position += 2;
      if (depth === 0) return position;
    } else {
      position += 1;
    }
  }
  return sql.length;
}

/** From the opening quote to behind the closing one; a doubled quote is none, nor is an escaped one in `E''`. */
function endOfString(sql: string, at: number, escapes: boolean): number {
  for (let position = at + 1; position < sql.length; position += 1) {
    const character = sql.charAt(position);
    if (escapes && character === '\\') position += 1;
    else if (character === "'") {
      if (sql.charAt(position + 1) === "'") position += 1;
      else return position + 1;
    }
  }
  return sql.length;
}

function endOfQuoted(sql: string, at: number): number {
  for (let position = at + 1; position < sql.length; position += 1) {
    if (sql.charAt(position) !== '"') continue;
    if (sql.charAt(position + 1) === '"') position += 1;
    else return position + 1;
  }
  return sql.length;
}
