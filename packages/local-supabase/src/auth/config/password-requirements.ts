const LOWER = 'abcdefghijklmnopqrstuvwxyz';
const UPPER = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ';
const DIGITS = '0123456789';
const SYMBOLS = '!@#$%^&*()_+-=[]{};\'\\:"|<>?,./`~';

const REQUIREMENTS: Readonly<Record<string, readonly string[]>> = {
  '': [],
  letters_digits: [LOWER + UPPER, DIGITS],
  lower_upper_letters_digits: [LOWER, UPPER, DIGITS],
  lower_upper_letters_digits_symbols: [LOWER, UPPER, DIGITS, SYMBOLS],
};

/** The character sets behind a name that `password_requirements` may have. Throws on any other name. */
export function characterSets(name: string): readonly string[] {
  const sets = REQUIREMENTS[name];
  if (sets === undefined) {
    const names = Object.keys(REQUIREMENTS).filter(Boolean).join(', ');
    throw new Error(`config.toml: [auth] password_requirements must be empty or one of ${names}.`);
  }
  return sets;
}
