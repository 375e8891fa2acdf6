import { registerDecorator, type ValidationOptions } from 'class-validator';

/** bcrypt reads no further. */
const MAX_BYTES = 72;

/** At most 72 bytes in UTF-8: whatever follows would not protect anything. */
export function FitsBcrypt(options?: ValidationOptions): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'fitsBcrypt',
      target: target.constructor,
      propertyName: String(property),
      options: { message: `${String(property)} must be at most ${MAX_BYTES} bytes long`, ...options },
      validator: {
        validate: (value: unknown) => typeof value !== 'string' || Buffer.byteLength(value) <= MAX_BYTES,
      },
    });
  };
}

/** The same value as another property has. */
export function SameAs(other: string, options: ValidationOptions): PropertyDecorator {
  return (target, property) => {
    registerDecorator({
      name: 'sameAs',
      target: target.constructor,
      propertyName: String(property),
      options,
      validator: {
        validate: (value: unknown, validation) =>
          value === (validation?.object as Record<string, unknown> | undefined)?.[other],
      },
    });
  };
}
