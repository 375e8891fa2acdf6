import { quoteIdentifier } from './session.settings.ts';
import { statements } from '../sql/statements.ts';
import type { Statement } from '../sql/statements.ts';

/** What a statement does to state that belongs to the session and not to the database. */
export type Effect =
  | { readonly kind: 'listen' | 'unlisten'; readonly channel: string }
  | { readonly kind: 'unlisten-all' }
  /** Settings may have changed. */
  | { readonly kind: 'settings' }
  /** Settings are the backend's defaults, and are to be those that the session started with. */
  | { readonly kind: 'reset' }
  /** Prepared statements of every session are gone from the backend. */
  | { readonly kind: 'deallocate-all' }
  /** Even what other sessions left in the backend is gone: channels, settings, statements. */
  | { readonly kind: 'discard-all' }
  | { readonly kind: 'timeouts' }
  /** `statement_timeout` until the transaction ends. */
  | { readonly kind: 'local-timeout'; readonly value: string }
  | { readonly kind: 'temporary' };

export interface Ruling {
  /** The SQL that Postgres gets. */
  readonly sql: string;
  readonly effects: readonly Effect[];
}

/** What a session has of its own. */
export interface SessionNames {
  /** Makes a statement's name the session's own. */
  readonly rename: (name: string) => string;
  /** Who logged in. */
  readonly user: string;
}

/** Only SQL with one of these words can touch session state. */
const SUSPECT =
  /\b(?:listen|unlisten|deallocate|discard|prepare|execute|reset|set|set_config|temp|temporary|statement_timeout|idle_in_transaction_session_timeout)\b/i;
/** `set_config(…, true)` ends with the transaction. */
const LOCAL_SET_CONFIG = /\bset_config\s*\(\s*'[^']*'\s*,\s*[^()']*(?:'[^']*')?[^()']*,\s*true\s*\)/gi;
/** The same of a timeout, whose value can be read here. */
const LOCAL_TIMEOUT = /\bset_config\s*\(\s*'(statement|lock)_timeout'\s*,\s*'([\w ]+)'\s*,\s*true\s*\)/gi;
/** A channel nobody listens to. */
const NOWHERE = 'local_supabase_nowhere';

/**
 * Sees to it that one backend can serve many sessions: names of SQL-level prepared statements are made the session's
 * own, UNLISTEN is kept from the channels of others, and changes of session state are reported.
 */
export function rule(sql: string, session: SessionNames): Ruling {
  if (!SUSPECT.test(sql)) return { sql, effects: [] };
  const effects: Effect[] = [];
  const edits: Edit[] = [];
  for (const statement of statements(sql)) judge(new Reader(sql, statement), effects, edits, session);
  if (/\btemp(?:orary)?\b/i.test(sql)) effects.push({ kind: 'temporary' });
  for (const [, of, value = ''] of sql.matchAll(LOCAL_TIMEOUT))
    if (of === 'statement') effects.push({ kind: 'local-timeout', value });
  if (/_timeout\b/i.test(sql.replace(LOCAL_TIMEOUT, ''))) effects.push({ kind: 'timeouts' });
  if (/\bset_config\b/i.test(sql.replace(LOCAL_SET_CONFIG, ''))) effects.push({ kind: 'settings' });
  return { sql: apply(sql, edits), effects };
}

interface Edit {
  readonly start: number;
  readonly end: number;
  readonly text: string;
}

function apply(sql: string, edits: Edit[]): string {
  let result = '';
  let at = 0;
  for (const edit of edits) {
    result += sql.slice(at, edit.start) + edit.text;
    at = edit.end;
  }
  return result + sql.slice(at);
}

/** Reads the tokens of a statement as words and names. */
class Reader {
  private readonly sql: string;
  private readonly statement: Statement;

  constructor(sql: string, statement: Statement) {
    this.sql = sql;
    this.statement = statement;
  }

  /** The token in lower case: a keyword, if it is not quoted. */
  word(index: number): string {
    return this.raw(index).toLowerCase();
  }

  /** The token as an identifier: folded unless quoted. */
  name(index: number): string {
    const raw = this.raw(index);
    return raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw.toLowerCase();
  }

  edit(index: number, text: string): Edit[] {
    const token = this.statement.tokens[index];
    return token ? [{ start: token.start, end: token.end, text }] : [];
  }

  find(word: string): number {
    return this.statement.tokens.findIndex((_, index) => this.word(index) === word);
  }

  private raw(index: number): string {
    const token = this.statement.tokens[index];
    return token ? this.sql.slice(token.start, token.end) : '';
  }
}

function judge(reader: Reader, effects: Effect[], edits: Edit[], session: SessionNames): void {
  const renameAt = (index: number): void => {
    edits.push(...reader.edit(index, quoteIdentifier(session.rename(reader.name(index)))));
  };
  switch (reader.word(0)) {
    case 'listen':
      effects.push({ kind: 'listen', channel: reader.name(1) });
      break;
    case 'unlisten':
      if (reader.word(1) === '*') effects.push({ kind: 'unlisten-all' });
      else effects.push({ kind: 'unlisten', channel: reader.name(1) });
      edits.push(...reader.edit(1, NOWHERE));
      break;
    case 'prepare':
      if (reader.word(1) !== 'transaction') renameAt(1);
      break;
    case 'execute':
      renameAt(1);
      break;
    case 'explain':
    case 'create': {
      const at = reader.find('execute');
      if (at > 0 && !['function', 'procedure'].includes(reader.word(at + 1))) renameAt(at + 1);
      break;
    }
    case 'deallocate': {
      const at = reader.word(1) === 'prepare' ? 2 : 1;
      if (reader.word(at) === 'all') effects.push({ kind: 'deallocate-all' });
      else renameAt(at);
      break;
    }
    case 'discard':
      if (reader.word(1) === 'all') effects.push({ kind: 'discard-all' });
      break;
    case 'set':
      if (!['local', 'transaction', 'constraints'].includes(reader.word(1)))
        effects.push({ kind: 'settings' });
      if (reader.word(1) === 'session' && reader.word(3) === 'default') {
        edits.push(...reader.edit(3, quoteIdentifier(session.user)));
      }
      break;
    case 'reset':
      effects.push({ kind: 'settings' });
      if (reader.word(1) === 'session') {
        edits.push(
          ...reader.edit(0, 'set'),
          ...reader.edit(2, `authorization ${quoteIdentifier(session.user)}`),
        );
      } else effects.push({ kind: 'reset' });
      break;
  }
}
