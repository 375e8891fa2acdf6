import type { OpenAPIObject } from '@nestjs/swagger';
import type { Schema, SchemaObject } from './openapi.types.js';

/** An example of a schema, put together from the examples of its properties. */
export function exampleOf(schema: Schema, document: OpenAPIObject): unknown {
  if ('$ref' in schema) return exampleOf(resolve(schema.$ref, document), document);
  return exampleOfSchema(schema, document);
}

function exampleOfSchema(schema: SchemaObject, document: OpenAPIObject): unknown {
  if (schema.example !== undefined) return schema.example;
  if (Array.isArray(schema.examples)) return schema.examples[0];
  if (schema.const !== undefined) return schema.const;
  if (schema.default !== undefined) return schema.default;
  if (schema.enum) return schema.enum[0];
  const variant = schema.allOf?.[0] ?? schema.oneOf?.[0] ?? schema.anyOf?.[0];
  if (variant) return exampleOf(variant, document);
  return exampleOfType(schema, document);
}

function exampleOfType(schema: SchemaObject, document: OpenAPIObject): unknown {
  const type: unknown = schema.type;
  switch (Array.isArray(type) ? (type as unknown[])[0] : type) {
    case 'array':
      return schema.items ? [exampleOf(schema.items, document)] : [];
    case 'integer':
    case 'number':
      return schema.minimum ?? 1;
    case 'boolean':
      return true;
    case 'string':
      return 'string';
    default:
      return Object.fromEntries(
        Object.entries(schema.properties ?? {}).map(([name, property]) => [
          name,
          exampleOf(property, document),
        ]),
      );
  }
}

export function resolve(ref: string, document: OpenAPIObject): Schema {
  const name = ref.slice('#/components/schemas/'.length);
  const schema = document.components?.schemas?.[name];
  if (!schema) throw new Error(`The schema ${name} is mentioned but not defined`);
  return schema;
}
