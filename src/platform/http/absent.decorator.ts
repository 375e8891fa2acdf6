import { ValidateIf } from 'class-validator';

/**
 * The property may be missing, and then nothing else is asked of it. Unlike `@IsOptional()` it does not let `null` pass,
 * which is a value like any other.
 */
export const MayBeAbsent = (): PropertyDecorator => ValidateIf((_, value: unknown) => value !== undefined);
