import { describe, expect, it } from '@jest/globals';
import { Type } from 'class-transformer';
import { IsObject, IsOptional, IsString, ValidateNested } from 'class-validator';
import fc from 'fast-check';
import { validateInput } from './validate-input.js';

class Inner {
  @IsString()
  name!: string;

  @IsOptional()
  @IsObject()
  free?: Record<string, unknown>;
}

class Outer {
  @IsOptional()
  @IsObject()
  free?: Record<string, unknown>;

  @IsOptional()
  @IsObject()
  @ValidateNested()
  @Type(() => Inner)
  inner?: Inner;
}

describe('validateInput', () => {
  it('should keep free-form JSON as it was sent, also inside another object', () => {
    const text = fc
      .string({ unit: 'grapheme' })
      .filter((value) => !value.includes('\0') && value.isWellFormed());
    const name = fc.oneof(fc.constantFrom('constructor', 'toString', 'length', 'then'), text);
    const { value } = fc.letrec<{ value: unknown }>((tie) => ({
      value: fc.oneof(
        { depthSize: 'small' },
        text,
        fc.integer(),
        fc.constant(null),
        fc.array(tie('value')),
        fc.dictionary(name, tie('value')),
      ),
    }));
    fc.assert(
      fc.property(fc.dictionary(name, value), (free) => {
        const sent = { free, inner: { name: 'x', free } };
        const dto = validateInput(Outer, structuredClone(sent));
        expect(dto).toBeInstanceOf(Outer);
        expect(dto.inner).toBeInstanceOf(Inner);
        expect(JSON.stringify(dto)).toBe(JSON.stringify(sent));
      }),
    );
  });

  it.each([
    [{ constructor: 1 }, 'constructor'],
    [JSON.parse('{"__proto__": {"free": 1}}'), '__proto__'],
    [{ toString: 1 }, 'toString'],
    [{ inner: { name: 'x', constructor: 1 } }, 'inner.constructor'],
    [{ inner: { name: 'x', hasOwnProperty: 1 } }, 'inner.hasOwnProperty'],
    [{ inner: Object.fromEntries(Array.from({ length: 101 }, (_, at) => [`p${at}`, at])) }, 'inner'],
    [{ inner: { name: 'x', more: 1 } }, 'inner.more'],
    [{ inner: [{ name: 'x', constructor: 1 }] }, 'inner'],
    [{ inner: { name: { constructor: null } } }, 'inner.name'],
    [{ free: [{ constructor: 'x' }] }, 'free'],
  ])('should refuse %j because of %s', (input, field) => {
    const refused = expect.objectContaining({
      kind: 'validation',
      errors: expect.arrayContaining([expect.objectContaining({ field })]),
    });
    expect(() => validateInput(Outer, input)).toThrow(refused);
  });
});
