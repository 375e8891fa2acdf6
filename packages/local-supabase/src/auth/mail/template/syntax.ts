import { splitTemplate, TemplateSyntaxError, type Part, type Token } from './tokens.ts';

/** A value that an action names, and the fields that are asked of it. */
export type Operand = { readonly fields: readonly string[] } & (
  | { readonly kind: 'dot' }
  | { readonly kind: 'variable' | 'function'; readonly name: string }
  | { readonly kind: 'literal'; readonly value: unknown }
  | { readonly kind: 'group'; readonly pipeline: Pipeline }
);

/** `$a, $b := first | second …`; each command is a value, or a function and what it is called with. */
export interface Pipeline {
  readonly variables: readonly string[];
  /** Whether the variables are new ones (`:=`). */
  readonly declares: boolean;
  readonly commands: readonly (readonly [Operand, ...Operand[]])[];
}

export type TemplateNode =
  | { readonly kind: 'text'; readonly text: string }
  | { readonly kind: 'output'; readonly pipeline: Pipeline }
  | { readonly kind: 'jump'; readonly to: 'break' | 'continue' }
  | {
      readonly kind: 'if' | 'with' | 'range';
      readonly pipeline: Pipeline;
      readonly body: readonly TemplateNode[];
      readonly otherwise: readonly TemplateNode[];
    };

const CONSTANTS: Readonly<Record<string, unknown>> = { true: true, false: false, nil: null };

/**
 * Reads a template of Go's: values, `if`, `with`, `range`, variables, functions and comments. `define`, `template` and
 * `block` are not known.
 * @throws {TemplateSyntaxError}
 */
export function parseTemplate(source: string, functions: ReadonlySet<string>): TemplateNode[] {
  const parser = new TemplateParser(splitTemplate(source), functions);
  const { nodes, closing } = parser.nodes();
  if (closing.length > 0) throw new TemplateSyntaxError(`unexpected {{ ${closing[0]?.text ?? ''} }}`);
  return nodes;
}

class TemplateParser {
  readonly #parts: Part[];
  readonly #functions: ReadonlySet<string>;
  #depth = 0;

  constructor(parts: Part[], functions: ReadonlySet<string>) {
    this.#parts = [...parts].reverse();
    this.#functions = functions;
  }

  /** What comes before `end` or `else`, and that action; none at the template's end. */
  nodes(): { nodes: TemplateNode[]; closing: readonly Token[] } {
    const nodes: TemplateNode[] = [];
    for (let part = this.#parts.pop(); part !== undefined; part = this.#parts.pop()) {
      if (typeof part === 'string') nodes.push({ kind: 'text', text: part });
      else if (isWord(part[0], 'end', 'else')) return { nodes, closing: part };
      else nodes.push(this.#action(part));
    }
    return { nodes, closing: [] };
  }

  #action(tokens: readonly Token[]): TemplateNode {
    const word = tokens[0]?.kind === 'word' ? tokens[0].text : '';
    if (word === 'if' || word === 'with' || word === 'range') return this.#branch(word, tokens.slice(1));
    if ((word === 'break' || word === 'continue') && tokens.length === 1) {
      if (this.#depth === 0) throw new TemplateSyntaxError(`{{ ${word} }} outside {{ range }}`);
      return { kind: 'jump', to: word };
    }
    return { kind: 'output', pipeline: this.#pipeline(tokens) };
  }

  #branch(kind: 'if' | 'with' | 'range', tokens: readonly Token[]): TemplateNode {
    const pipeline = this.#pipeline(tokens);
    if (kind === 'range') this.#depth += 1;
    const { nodes: body, closing } = this.nodes();
    if (kind === 'range') this.#depth -= 1;
    return { kind, pipeline, body, otherwise: this.#otherwise(closing) };
  }

  #otherwise(closing: readonly Token[]): TemplateNode[] {
    const [first, second] = closing;
    if (first === undefined) throw new TemplateSyntaxError('missing {{ end }}');
    if (first.text === 'end') return [];
    if (second?.text === 'if' || second?.text === 'with')
      return [this.#branch(second.text, closing.slice(2))];
    const { nodes, closing: end } = this.nodes();
    if (end[0]?.text !== 'end') throw new TemplateSyntaxError('expected {{ end }}');
    return nodes;
  }

  #pipeline(all: readonly Token[]): Pipeline {
    const assignment = all.findIndex(({ text, kind }) => kind === 'sign' && (text === ':=' || text === '='));
    const variables = all
      .slice(0, Math.max(assignment, 0))
      .filter(({ kind }) => kind === 'variable')
      .map(({ text }) => text);
    const declares = all[assignment]?.text === ':=';
    const tokens = [...all.slice(assignment + 1)].reverse();
    const commands = this.#commands(tokens);
    if (tokens.length > 0) throw new TemplateSyntaxError(`unexpected ${tokens.at(-1)?.text ?? ''}`);
    return { variables, declares, commands };
  }

  /** Takes commands from the end of `tokens`, which is their beginning, up to a closing parenthesis. */
  #commands(tokens: Token[]): Pipeline['commands'] {
    const commands: [Operand, ...Operand[]][] = [];
    do {
      const operands: Operand[] = [];
      while (tokens.length > 0 && !isSign(tokens.at(-1), '|', ')')) operands.push(this.#operand(tokens));
      const [first, ...others] = operands;
      if (first === undefined) throw new TemplateSyntaxError('missing value for command');
      commands.push([first, ...others]);
    } while (isSign(tokens.at(-1), '|') && tokens.pop() !== undefined);
    return commands;
  }

  #operand(tokens: Token[]): Operand {
    const token = tokens.pop();
    if (token === undefined) throw new TemplateSyntaxError('missing value');
    const fields = (): string[] => {
      const found: string[] = [];
      while (tokens.at(-1)?.kind === 'field' && tokens.at(-1)?.glued)
        found.push(tokens.pop()?.text.slice(1) ?? '');
      return found;
    };
    if (token.kind === 'field') return { kind: 'dot', fields: [token.text.slice(1), ...fields()] };
    if (token.kind === 'variable') return { kind: 'variable', name: token.text, fields: fields() };
    if (token.kind === 'text') return { kind: 'literal', value: textOf(token.text), fields: [] };
    if (token.kind === 'number') return { kind: 'literal', value: numberOf(token.text), fields: [] };
    if (isSign(token, '.')) return { kind: 'dot', fields: [] };
    if (isSign(token, '(')) {
      const commands = this.#commands(tokens);
      if (!isSign(tokens.pop(), ')')) throw new TemplateSyntaxError('unclosed left paren');
      return { kind: 'group', pipeline: { variables: [], declares: false, commands }, fields: fields() };
    }
    if (token.kind === 'word' && token.text in CONSTANTS) {
      return { kind: 'literal', value: CONSTANTS[token.text], fields: [] };
    }
    if (token.kind === 'word' && this.#functions.has(token.text)) {
      return { kind: 'function', name: token.text, fields: [] };
    }
    throw new TemplateSyntaxError(
      token.kind === 'word' ? `function "${token.text}" not defined` : `unexpected ${token.text}`,
    );
  }
}

const isWord = (token: Token | undefined, ...words: string[]): boolean =>
  token?.kind === 'word' && words.includes(token.text);

const isSign = (token: Token | undefined, ...signs: string[]): boolean =>
  token?.kind === 'sign' && signs.includes(token.text);

function textOf(literal: string): string {
  if (literal.startsWith('`')) return literal.slice(1, -1);
  try {
    return JSON.parse(literal) as string;
  } catch (cause) {
    throw Object.assign(new TemplateSyntaxError(`bad string ${literal}`), { cause });
  }
}

function numberOf(literal: string): number {
  const number = Number(literal.replaceAll('_', ''));
  if (Number.isNaN(number)) throw new TemplateSyntaxError(`bad number ${literal}`);
  return number;
}
