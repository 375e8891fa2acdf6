import { refuse } from '../errors/catalogue.ts';

/** The number in the form it is stored in, digits only; refused when it is not E.164. */
export function readPhone(phone: string): string {
  const digits = plainPhone(phone);
  if (!isPhone(digits)) {
    throw refuse.validation('Invalid phone number format (E.164 required)');
  }
  return digits;
}

/** True for the digits of a number (E.164). */
export function isPhone(digits: string): boolean {
  return /^[1-9][0-9]{1,14}$/.test(digits);
}

/** The number without what people write around the digits, whether it is one or not. */
export function plainPhone(phone: string): string {
  return phone.replace(/^\+/, '').replaceAll(' ', '');
}
