import { refuse } from '../errors/catalogue.ts';

const LABEL = '[a-zA-Z0-9](?:[a-zA-Z0-9-]{0,61}[a-zA-Z0-9])?';
const FORMAT = new RegExp(`^[a-zA-Z0-9.!#$%&'*+/=?^_\`{|}~-]+@${LABEL}(?:\\.${LABEL})*$`);

/** True for what {@link readEmail} takes. */
export function isEmail(text: string): boolean {
  return text.length <= 255 && FORMAT.test(text);
}

/** The address in lower case; refused when it is none. The rule and the texts are GoTrue's. */
export function readEmail(email: string): string {
  if (email === '') throw refuse.validation('An email address is required');
  if (email.length > 255) throw refuse.validation('An email address is too long');
  if (!FORMAT.test(email)) throw refuse.validation('Unable to validate email address: invalid format');
  return email.toLowerCase();
}
