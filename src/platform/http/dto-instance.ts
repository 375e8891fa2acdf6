import 'reflect-metadata';
import type { Type } from '@nestjs/common';
import { plainToInstance } from 'class-transformer';
import type { AppError, FieldError } from '../errors/app-error.js';
import { invalid, invalidFields } from '../errors/errors.js';

/** Names that every object has, and that class-transformer and class-validator therefore take for known. */
const INHERITED = new Set(Object.getOwnPropertyNames(Object.prototype));

/** No DTO has as many. To tell of each that is not known takes seconds where there are tens of thousands. */
const MOST_PROPERTIES = 100;

/** What a property has for a type whose value is nobody's class. */
const NO_CLASS: readonly unknown[] = [undefined, Object, Array, String, Number, Boolean];

export const unknownProperty = (field: string): FieldError => ({
  field,
  message: `${field} is not a known property`,
});

/**
 * An object of a client as an instance of its DTO. Values that are objects stay what was sent, unless their property is a
 * DTO itself: class-transformer would copy free-form JSON, and looks for its class by the name `constructor`, which a
 * client may have used.
 * @param path - of the object in the input
 * @throws AppError `validation` for a property that only seems to be known, and for too many of them
 */
export function dtoInstance<T extends object>(shape: Type<T>, input: object, path = ''): T {
  const entries = Object.entries(input) as [string, unknown][];
  if (entries.length > MOST_PROPERTIES) throw tooManyProperties(path);
  const inherited = entries.filter(([name]) => INHERITED.has(name));
  if (inherited.length > 0) throw invalidFields(inherited.map(([name]) => unknownProperty(path + name)));
  const isObject = ([, value]: [string, unknown]): boolean => typeof value === 'object' && value !== null;
  const dto = plainToInstance(shape, Object.fromEntries(entries.filter((entry) => !isObject(entry))));
  const objects = entries.filter(isObject).map(([name, value]) => {
    const inner = Array.isArray(value) ? undefined : dtoOf(shape, name);
    return [name, inner ? dtoInstance(inner, value as object, `${path}${name}.`) : value];
  });
  return Object.assign(dto, Object.fromEntries(objects)) as T;
}

function tooManyProperties(path: string): AppError {
  const message = `${path === '' ? 'The object' : path.slice(0, -1)} has too many properties`;
  return path === '' ? invalid(message) : invalidFields([{ field: path.slice(0, -1), message }]);
}

/** The DTO that a property of a DTO is; undefined for what is none. */
function dtoOf(shape: Type, property: string): Type<object> | undefined {
  const type: unknown = Reflect.getMetadata('design:type', shape.prototype as object, property);
  return NO_CLASS.includes(type) ? undefined : (type as Type<object>);
}
