import { Injectable, type ArgumentMetadata, type PipeTransform, type Type } from '@nestjs/common';
import { validateInput } from './validate-input.js';

const BUILT_IN: readonly unknown[] = [String, Number, Boolean, Array, Object, Buffer];

/** Validates each `@Body()`, `@Query()` and `@Param()` whose type is a DTO class. Registered once, globally. */
@Injectable()
export class InputPipe implements PipeTransform {
  transform(value: unknown, { type, metatype }: ArgumentMetadata): unknown {
    if (type === 'custom' || !metatype || BUILT_IN.includes(metatype)) return value;
    return validateInput(metatype as Type<object>, value);
  }
}
