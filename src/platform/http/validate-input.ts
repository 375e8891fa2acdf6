import { plainToInstance } from 'class-transformer';
import type { Type } from '@nestjs/common';
import { validateSync, type ValidationError } from 'class-validator';
import type { FieldError } from '../errors/app-error.js';
import { invalid, invalidFields } from '../errors/errors.js';

/**
 * Turns what a client sent into a validated DTO. Unknown properties are refused, not dropped: a client that
 * misspells a name is told so.
 * @throws AppError `validation` with one entry per fault
 */
export function validateInput<T extends object>(shape: Type<T>, value: unknown): T {
  const input = value ?? {};
  if (typeof input !== 'object' || Array.isArray(input)) throw invalid('A JSON object is expected.');
  const dto = plainToInstance(shape, input);
  const faults = validateSync(dto, {
    whitelist: true,
    forbidNonWhitelisted: true,
    forbidUnknownValues: true,
    validationError: { target: false, value: false },
  });
  if (faults.length > 0) throw invalidFields(faults.flatMap((fault) => flatten(fault, '')));
  const unstorable = nulFaults(input, '');
  if (unstorable.length > 0) throw invalidFields(unstorable);
  return dto;
}

/** Postgres, and so Supabase, has no text with a NUL character in it. */
function nulFaults(value: unknown, field: string): FieldError[] {
  if (typeof value === 'string') {
    return value.includes('\0') ? [{ field, message: `${field} must not contain a NUL character` }] : [];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) =>
    name.includes('\0')
      ? [{ field, message: `${field} must not contain a NUL character` }]
      : nulFaults(inner, field === '' ? name : `${field}.${name}`),
  );
}

/** class-validator's tree as a list; a field inside another is named `outer.inner`. */
function flatten(fault: ValidationError, path: string): FieldError[] {
  const field = path === '' ? fault.property : `${path}.${fault.property}`;
  const own = Object.entries(fault.constraints ?? {})
    // The first of several faults of one field says enough; the others follow from it.
    .slice(-1)
    .map(([rule, message]) => ({
      field,
      message: rule === 'whitelistValidation' ? `${field} is not a known property` : message,
    }));
  return [...own, ...(fault.children ?? []).flatMap((child) => flatten(child, field))];
}
