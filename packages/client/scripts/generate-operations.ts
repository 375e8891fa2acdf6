/**
 * Writes what the client has to know of each operation when it runs. The types are made by openapi-typescript; this is the
 * rest: method and path, whether it is public, and whether its answer is bytes. Uploads and event streams are left out: the
 * client has functions of their own for them.
 */
import { readFileSync, writeFileSync } from 'node:fs';

interface Operation {
  operationId: string;
  security?: object[];
  requestBody?: { content: Record<string, unknown> };
  responses: Record<string, { content?: Record<string, unknown> }>;
}
type Paths = Record<string, Record<string, Operation>>;

const place = (path: string): URL => new URL(`../${path}`, import.meta.url);
const { paths } = JSON.parse(readFileSync(place('../../openapi/openapi.json'), 'utf8')) as { paths: Paths };

const lines = Object.entries(paths).flatMap(([path, methods]) =>
  Object.entries(methods).flatMap(([method, operation]) => {
    if (isStream(operation)) return [];
    const words = [method.toUpperCase(), path];
    if (operation.security?.length === 0) words.push('public');
    if (answersBytes(operation)) words.push('bytes');
    return `  ${operation.operationId}: '${words.join(' ')}',\n`;
  }),
);
writeFileSync(
  place('src/generated/operations.ts'),
  `// Made by \`npm run openapi\` from openapi/openapi.json.
/** Each operation by its id: method, path, and \`public\` or \`bytes\` where that holds. */
export const OPERATIONS = {
${lines.sort().join('')}} as const;
`,
);

function isStream(operation: Operation): boolean {
  const takesForm = 'multipart/form-data' in (operation.requestBody?.content ?? {});
  return takesForm || successTypes(operation).includes('text/event-stream');
}

/** A success whose body is not JSON. */
function answersBytes(operation: Operation): boolean {
  const types = successTypes(operation);
  return types.length > 0 && !types.includes('application/json');
}

function successTypes({ responses }: Operation): string[] {
  return Object.entries(responses)
    .filter(([status]) => status.startsWith('2'))
    .flatMap(([, { content }]) => Object.keys(content ?? {}));
}
