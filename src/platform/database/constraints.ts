import type { AppError } from '../errors/app-error.js';
import { constraintOf } from './database-fault.js';

/** One room's constraints, by their names, and what each says to the client. */
export type ConstraintErrors = Readonly<Record<string, () => AppError>>;

/**
 * For `.catch(…)` behind a query: a violated constraint of the table becomes its product error, everything else goes on
 * unchanged.
 */
export function refusing(errors: ConstraintErrors): (thrown: unknown) => never {
  return (thrown) => {
    const constraint = constraintOf(thrown);
    const make = constraint === undefined ? undefined : errors[constraint];
    throw make ? make() : thrown;
  };
}
