import pg from 'pg';

const INT8 = 20;

/** Identifiers and balances stay below 2^53 (a constraint sees to it), so they are numbers, not strings. */
function parseInt8(text: string): number {
  const value = Number(text);
  if (!Number.isSafeInteger(value)) throw new RangeError(`bigint ${text} is not exact in JavaScript`);
  return value;
}

const ours = new pg.TypeOverrides();
ours.setTypeParser(INT8, parseInt8);

/** How values of Postgres arrive: as the driver does it, but `bigint` as a number. */
export const valueTypes: pg.CustomTypesConfig = ours;
