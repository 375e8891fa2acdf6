import { refuse } from '../errors/catalogue.ts';

/** The number in the form it is stored in, digits only; refused when it is not E.164. */
export function readPhone(phone: string): string {
  const digits = phone.replace(/^\+/, '').replaceAll(' ', '');
  if (!/^[1-9][0-9]{1,14}$/.test(digits)) {
    throw refuse.validation('Invalid phone number format (E.164 required)');
  }
  return digits;
}
