import type { Schema } from './openapi.types.js';

/** Schemas by the name of their class. */
export const DECLARED_SCHEMAS: Record<string, Schema> = {};

/** The schema of a class whose properties are not known beforehand, such as the row of any table. */
export const DeclaredSchema =
  (schema: Schema): ClassDecorator =>
  (target) => {
    DECLARED_SCHEMAS[target.name] = schema;
  };
