import { ApiProperty, type ApiPropertyOptions } from '@nestjs/swagger';
import { getMetadataStorage } from 'class-validator';

/** As much of a rule of class-validator as is looked at here. */
interface Rule {
  target: unknown;
  propertyName: string;
  /** Of the decorator, such as `maxLength`; absent for those without a check of their own, such as `@IsOptional`. */
  name?: string;
  constraints?: readonly unknown[];
  /** Of the items of an array. */
  each: boolean;
}

/** The library has no other way to ask for all classes; those that make JSON Schemas of them do the same. */
interface RuleStorage {
  validationMetadatas: ReadonlyMap<unknown, readonly Rule[]>;
}

type Keywords = Pick<
  ApiPropertyOptions,
  'minLength' | 'maxLength' | 'minimum' | 'maximum' | 'pattern' | 'minItems' | 'maxItems'
>;

const KEYWORDS: Readonly<Record<string, (constraints: readonly unknown[]) => Keywords>> = {
  isNotEmpty: () => ({ minLength: 1 }),
  minLength: ([least]) => ({ minLength: Number(least) }),
  maxLength: ([most]) => ({ maxLength: Number(most) }),
  isLength: ([least, most]) => ({ minLength: Number(least), maxLength: Number(most) }),
  min: ([least]) => ({ minimum: Number(least) }),
  max: ([most]) => ({ maximum: Number(most) }),
  arrayMinSize: ([least]) => ({ minItems: Number(least) }),
  arrayMaxSize: ([most]) => ({ maxItems: Number(most) }),
  // What flags mean, a schema cannot say.
  matches: ([pattern]) =>
    pattern instanceof RegExp && pattern.flags.replace('u', '') === '' ? { pattern: pattern.source } : {},
};

/** Properties with one of these are strings: what is not empty then has a character. */
const OF_STRINGS = new Set(['isString', 'isEmail', 'isUuid', 'minLength', 'maxLength', 'isLength', 'matches']);

/**
 * Says of each property of each DTO what its rules say, so that the documents promise nothing that `validateInput` then
 * refuses, and no limit is written down twice.
 */
export function describeRules(): void {
  const { validationMetadatas } = getMetadataStorage() as unknown as RuleStorage;
  for (const rules of validationMetadatas.values()) {
    for (const rule of rules) {
      const { name = '', target, propertyName, each, constraints = [] } = rule;
      if (typeof target !== 'function') continue;
      // The library takes what a list of values says of lengths and patterns as said of its items.
      if (each && !isList(target.prototype as object, propertyName)) continue;
      if (name === 'isNotEmpty' && !isString(rules, propertyName)) continue;
      const keywords = KEYWORDS[name]?.(constraints) ?? {};
      if (Object.keys(keywords).length === 0) continue;
      ApiProperty(keywords)(target.prototype as object, propertyName);
    }
  }
}

/** Whether it is described as a list, and nothing else (a `oneOf` speaks for itself). */
function isList(dto: object, property: string): boolean {
  const described = Reflect.getMetadata('swagger/apiModelProperties', dto, property) as
    { isArray?: boolean; oneOf?: unknown } | undefined;
  return described?.isArray === true && described.oneOf === undefined;
}

function isString(rules: readonly Rule[], property: string): boolean {
  return rules.some(({ propertyName, name = '' }) => propertyName === property && OF_STRINGS.has(name));
}
