import type { Type } from '@nestjs/common';
import { validateSync, type ValidationError } from 'class-validator';
import type { FieldError } from '../errors/app-error.js';
import { invalid, invalidFields } from '../errors/errors.js';
import { dtoInstance, unknownProperty } from './dto-instance.js';

/**
 * Turns what a client sent into a validated DTO. Unknown properties are refused, not dropped: a client that
 * misspells a name is told so.
 * @throws AppError `validation` with one entry per fault
 */
export function validateInput<T extends object>(shape: Type<T>, value: unknown): T {
  const input = value ?? {};
  if (typeof input !== 'object' || Array.isArray(input)) throw invalid('A JSON object is expected.');
  const dto = dtoInstance(shape, input);
  const faults = validateSync(dto, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (faults.length > 0) throw invalidFields(faults.flatMap((fault) => flatten(fault, '')));
  const unstorable = unstorableIn(input, '');
  if (unstorable.length > 0) throw invalidFields(unstorable);
  return dto;
}

/** What would be stored as something else: Postgres knows no NUL character and no half of one, JSON no infinity. */
function unstorableIn(value: unknown, field: string): FieldError[] {
  const fault = faultOf(value);
  if (fault) return [{ field, message: `${field} ${fault}` }];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const nameFault = faultOf(name);
    return nameFault
      ? [{ field, message: `${field} ${nameFault}` }]
      : unstorableIn(inner, field === '' ? name : `${field}.${name}`);
  });
}

const LONE_SURROGATE = /\p{Surrogate}/u;

function faultOf(value: unknown): string | undefined {
  if (typeof value === 'number') return Number.isFinite(value) ? undefined : 'must not be too large a number';
  if (typeof value !== 'string') return undefined;
  if (value.includes('\0')) return 'must not contain a NUL character';
  return LONE_SURROGATE.test(value) ? 'must not contain half of a surrogate pair' : undefined;
}

/** class-validator's tree as a list; a field inside another is named `outer.inner`. */
function flatten(fault: ValidationError, path: string): FieldError[] {
  const field = path === '' ? fault.property : `${path}.${fault.property}`;
  const own = Object.entries(fault.constraints ?? {})
    // The first of several faults of one field says enough; the others follow from it.
    .slice(-1)
    .map(([rule, message]) => (rule === 'whitelistValidation' ? unknownProperty(field) : { field, message }));
  return [...own, ...(fault.children ?? []).flatMap((child) => flatten(child, field))];
}
