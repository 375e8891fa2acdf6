/** What a template says that Go's parser would not take. */
export class TemplateSyntaxError extends Error {}

/** A word of an action. `glued` when no space is before it, which makes `.b` in `.a.b` a part of `.a`. */
export interface Token {
  readonly kind: 'text' | 'number' | 'variable' | 'field' | 'word' | 'sign';
  readonly text: string;
  readonly glued: boolean;
}

/** Text between actions, or what is in the braces of one. */
export type Part = string | readonly Token[];

const OPENING = /\{\{(?:-(?=\s))?/g;
const COMMENT = /\s*\/\*[\s\S]*?\*\/(?:\s+-)?\}\}/y;
const CLOSING = /\s+-\}\}|\s*\}\}/y;
const TOKEN =
  /(?<text>"(?:[^"\\\n]|\\.)*"|`[^`]*`)|(?<number>[+-]?\d[\w.]*)|(?<variable>\$[\p{L}\d_]*)|(?<field>\.[\p{L}_][\p{L}\d_]*)|(?<word>[\p{L}_][\p{L}\d_]*)|(?<sign>:=|[=|(),.])/uy;

/** Splits a template of Go's into its texts, trimmed where `{{-` and `-}}` ask for that, and its actions. */
export function splitTemplate(source: string): Part[] {
  const parts: Part[] = [];
  let position = 0;
  let trimsNext = false;
  for (;;) {
    OPENING.lastIndex = position;
    const opening = OPENING.exec(source);
    let text = source.slice(position, opening?.index);
    if (trimsNext) text = text.trimStart();
    if (opening?.[0].endsWith('-')) text = text.trimEnd();
    if (text !== '') parts.push(text);
    if (opening === null) return parts;
    const action = readAction(source, OPENING.lastIndex);
    if (action.tokens !== undefined) parts.push(action.tokens);
    ({ position, trimsNext } = action);
  }
}

interface Action {
  /** Absent of a comment. */
  readonly tokens?: readonly Token[];
  /** Where it ends. */
  readonly position: number;
  readonly trimsNext: boolean;
}

function readAction(source: string, start: number): Action {
  COMMENT.lastIndex = start;
  const comment = COMMENT.exec(source);
  if (comment !== null) return { position: COMMENT.lastIndex, trimsNext: comment[0].endsWith('-}}') };
  const tokens: Token[] = [];
  let position = start;
  for (;;) {
    CLOSING.lastIndex = position;
    const closing = CLOSING.exec(source);
    if (closing !== null) {
      return { tokens, position: CLOSING.lastIndex, trimsNext: closing[0].endsWith('-}}') };
    }
    TOKEN.lastIndex = position + (/^\s*/.exec(source.slice(position))?.[0].length ?? 0);
    const glued = TOKEN.lastIndex === position;
    const [kind, text] = Object.entries(TOKEN.exec(source)?.groups ?? {}).find(([, found]) => found) ?? [];
    if (kind === undefined || text === undefined) {
      throw new TemplateSyntaxError(`unexpected "${source.slice(position, position + 20)}" in an action`);
    }
    tokens.push({ kind: kind as Token['kind'], text, glued });
    position = TOKEN.lastIndex;
  }
}
