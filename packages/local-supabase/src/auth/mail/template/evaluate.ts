import { FUNCTIONS, isTrue, part, print } from './functions.ts';
import { parseTemplate, type Operand, type Pipeline, type TemplateNode } from './syntax.ts';

/** Takes what a template writes. */
export interface TemplateWriter {
  /** What stands in the template itself. */
  text: (text: string) => void;
  /** What comes from elsewhere. */
  value: (text: string) => void;
}

/** What `.` is, and the variables that can be seen. */
interface Scope {
  readonly dot: unknown;
  readonly variables: Map<string, { value: unknown }>;
}

type Jump = 'break' | 'continue' | undefined;

const NAMES: ReadonlySet<string> = new Set(FUNCTIONS.keys());

/** Reads a template only to know that it can be read. */
export function checkTemplate(source: string): void {
  parseTemplate(source, NAMES);
}

/** Writes a template of Go's with its values. Values that there are not are written as nothing. */
export function evaluateTemplate(source: string, values: unknown, writer: TemplateWriter): void {
  const variables = new Map([['$', { value: values }]]);
  writeAll(parseTemplate(source, NAMES), { dot: values, variables }, writer);
}

function writeAll(nodes: readonly TemplateNode[], outer: Scope, writer: TemplateWriter): Jump {
  const scope = inside(outer, outer.dot);
  for (const node of nodes) {
    const jump = write(node, scope, writer);
    if (jump !== undefined) return jump;
  }
  return undefined;
}

function write(node: TemplateNode, scope: Scope, writer: TemplateWriter): Jump {
  if (node.kind === 'jump') return node.to;
  if (node.kind === 'text') {
    writer.text(node.text);
    return undefined;
  }
  const own = node.kind === 'output' ? scope : inside(scope, scope.dot);
  const value = run(node.pipeline, own, node.kind !== 'range');
  if (node.kind === 'output') {
    if (node.pipeline.variables.length === 0) writer.value(print(value));
    return undefined;
  }
  if (node.kind === 'range') return writeEach(node, value, own, writer);
  if (!isTrue(value)) return writeAll(node.otherwise, own, writer);
  return writeAll(node.body, node.kind === 'with' ? inside(own, value) : own, writer);
}

function writeEach(
  { pipeline, body, otherwise }: Extract<TemplateNode, { kind: 'if' | 'with' | 'range' }>,
  value: unknown,
  scope: Scope,
  writer: TemplateWriter,
): Jump {
  const entries = entriesOf(value);
  if (entries.length === 0) return writeAll(otherwise, scope, writer);
  for (const [key, item] of entries) {
    const each = inside(scope, item);
    const [first, second] = pipeline.variables;
    if (first !== undefined) each.variables.set(first, { value: second === undefined ? item : key });
    if (second !== undefined) each.variables.set(second, { value: item });
    if (writeAll(body, each, writer) === 'break') break;
  }
  return undefined;
}

function entriesOf(value: unknown): [unknown, unknown][] {
  if (Array.isArray(value)) return [...value.entries()];
  if (typeof value === 'number') return Array.from({ length: value }, (_, index) => [index, index]);
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1));
}

const inside = (scope: Scope, dot: unknown): Scope => ({ dot, variables: new Map(scope.variables) });

function run({ variables, declares, commands }: Pipeline, scope: Scope, assigns = true): unknown {
  let value: unknown;
  for (const [index, [first, ...others]] of commands.entries()) {
    const given = others.map((operand) => valueOf(operand, scope));
    if (index > 0) given.push(value);
    value = first.kind === 'function' ? FUNCTIONS.get(first.name)?.(...given) : valueOf(first, scope);
  }
  for (const name of assigns ? variables : []) {
    const known = scope.variables.get(name);
    if (declares || known === undefined) scope.variables.set(name, { value });
    else known.value = value;
  }
  return value;
}

function valueOf(operand: Operand, scope: Scope): unknown {
  return operand.fields.reduce<unknown>(part, startOf(operand, scope));
}

function startOf(operand: Operand, scope: Scope): unknown {
  if (operand.kind === 'dot') return scope.dot;
  if (operand.kind === 'literal') return operand.value;
  if (operand.kind === 'group') return run(operand.pipeline, scope);
  if (operand.kind === 'variable') return scope.variables.get(operand.name)?.value;
  return FUNCTIONS.get(operand.name)?.();
}
