import { Transform } from 'class-transformer';

const DECIMAL = /^-?[0-9]+(\.[0-9]+)?$/;

/**
 * A number in a query or a path, where all is text: in decimal digits only. JavaScript would read `0x10`, `1e3`, ` 1` and
 * nothing at all as numbers, too; those stay what they are, and are refused.
 */
export const NumberInUrl = (): PropertyDecorator =>
  Transform(({ value }: { value: unknown }) =>
    typeof value === 'string' && DECIMAL.test(value) ? Number(value) : value,
  );
