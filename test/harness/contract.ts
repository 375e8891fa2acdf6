import { readFileSync } from 'node:fs';
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import addFormats from 'ajv-formats';

interface Operation {
  responses: Record<string, { $ref?: string }>;
}
interface Document {
  paths: Record<string, Record<string, Operation>>;
  components: { responses: Record<string, object> };
}

/** One path of a document, and what is documented for it. */
interface Path {
  file: string;
  template: string;
  pattern: RegExp;
  operations: Record<string, Operation>;
}

/** One operation of a document, found by what was requested. */
interface Found {
  file: string;
  template: string;
  operation: Operation;
}

const FILES = ['openapi.json', 'openapi.v1.json'];
const documents = new Map(
  FILES.map((file) => [file, JSON.parse(readFileSync(`openapi/${file}`, 'utf8')) as Document]),
);

const paths = [...documents].flatMap(([file, document]) => pathsOf(file, document));

// Formats that only OpenAPI knows (`binary`, `password`) say nothing about JSON.
const ajv = addFormats.default(new Ajv2020({ strict: false, allErrors: true, validateFormats: true }));
for (const [file, document] of documents) ajv.addSchema(document, file);
const validators = new Map<string, ValidateFunction>();

/**
 * Holds an answer against the committed OpenAPI documents: the operation must name its status, and the body must be what
 * is documented for it. Every answer that a suite reads passes here.
 * @throws Error that says what is not documented
 */
export function expectDocumented(method: string, path: string, status: number, body: unknown): void {
  const found = findOperation(method.toLowerCase(), path.replace(/\?.*$/, '').replace(/(.)\/$/, '$1'));
  if (!found) return;
  const name = `${method} ${found.template}`;
  const { responses } = found.operation;
  const response = responses[String(status)] ?? responses.default;
  if (!response)
    throw new Error(`${name} answers ${String(status)}, which is not documented: ${JSON.stringify(body)}`);
  const validate = validatorOf(found, method.toLowerCase(), status);
  if (validate && !validate(body)) {
    throw new Error(`${name} ${String(status)} is not as documented: ${ajv.errorsText(validate.errors)}`);
  }
}

/** Literal paths win over parameters, as in the router. */
function pathsOf(file: string, document: Document): Path[] {
  return Object.entries(document.paths)
    .map(([template, operations]) => ({ file, template, pattern: patternOf(template), operations }))
    .sort((a, b) => a.template.split('{').length - b.template.split('{').length);
}

function patternOf(template: string): RegExp {
  const pattern = template.replace(/[.*+?^$|()[\]\\]/g, '\\$&').replace(/\{[^}]+\}/g, '[^/]+');
  return new RegExp(`^${pattern}$`);
}

function findOperation(method: string, path: string): Found | undefined {
  for (const { file, template, pattern, operations } of paths) {
    const operation = operations[method];
    if (operation && pattern.test(path)) return { file, template, operation };
  }
  return undefined;
}

/** The validator of the JSON that is documented for a status; none where nothing or something else is. */
function validatorOf(
  { file, template, operation }: Found,
  method: string,
  status: number,
): ValidateFunction | undefined {
  const key = `${file} ${method} ${template} ${String(status)}`;
  const known = validators.get(key);
  if (known) return known;
  const reference = operation.responses[String(status)]?.$ref;
  const pointer = reference ?? `#/paths/${escape(template)}/${method}/responses/${String(status)}`;
  const type = ['application/json', 'application/problem+json'].find((candidate) =>
    mediaOf(file, pointer, candidate),
  );
  if (type === undefined) return undefined;
  const validate = ajv.compile({ $ref: `${file}${pointer}/content/${escape(type)}/schema` });
  validators.set(key, validate);
  return validate;
}

function mediaOf(file: string, pointer: string, type: string): unknown {
  let value: unknown = documents.get(file);
  for (const step of [...pointer.slice(2).split('/'), 'content', escape(type)]) {
    value = (value as Record<string, unknown> | undefined)?.[
      step.replaceAll('~1', '/').replaceAll('~0', '~')
    ];
  }
  return value;
}

/** A name as one step of a JSON pointer in a URI fragment; braces have no place there. */
function escape(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}
