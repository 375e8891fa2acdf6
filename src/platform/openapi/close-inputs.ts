import type { OpenAPIObject } from '@nestjs/swagger';
import type { Operation, PathItem } from './openapi.types.js';

/** As much of a schema as is looked at here. */
interface Node {
  $ref?: string;
  properties?: Record<string, Node>;
  items?: Node;
  allOf?: Node[];
  anyOf?: Node[];
  oneOf?: Node[];
  additionalProperties?: unknown;
}

/**
 * Properties that a JSON body does not know are refused (`validate-input.ts`), and the documents say so: every schema with
 * properties that is reached from such a body takes no others. A form may have more (RFC 6749).
 */
export function closeInputs(document: OpenAPIObject): void {
  const schemas = (document.components?.schemas ?? {}) as Record<string, Node>;
  const seen = new Set<Node>();
  const close = (node: Node | undefined): void => {
    if (node === undefined || seen.has(node)) return;
    seen.add(node);
    if (node.$ref !== undefined) close(schemas[node.$ref.replace('#/components/schemas/', '')]);
    if (node.properties) node.additionalProperties ??= false;
    for (const part of Object.values(node.properties ?? {})) close(part);
    for (const part of [node.items, ...(node.allOf ?? []), ...(node.anyOf ?? []), ...(node.oneOf ?? [])])
      close(part);
  };
  for (const item of Object.values(document.paths)) {
    for (const { requestBody } of Object.values<Operation>(item as PathItem)) {
      if (requestBody && 'content' in requestBody) close(requestBody.content['application/json']?.schema);
    }
  }
}
