import type { Type } from '@nestjs/common';
import type { Shape } from '../http/endpoint.decorator.js';
import type { ReferenceObject, Schema } from './openapi.types.js';

/** A reference to the schema of a class. */
export function reference(shape: Type): ReferenceObject {
  return { $ref: `#/components/schemas/${shape.name}` };
}

/** The schema of an answer: of a class, or of an array of one. */
export function schemaOf(shape: Shape): Schema {
  return Array.isArray(shape) ? { type: 'array', items: reference(shape[0]) } : reference(shape);
}
