import { AuthError } from '../errors/auth-error.ts';
import { Document } from '../external/document.ts';
import { identityClaims, onlyEmail, type ExternalUser } from '../external/external-user.ts';
import { mapAttributes } from './attribute-mapping.ts';
import type { SsoProvider } from './sso-providers.repository.ts';

const EMAIL_FORMAT = 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress';
const TRANSIENT_FORMAT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:transient';
const SUBJECT_ID = 'urn:oasis:names:tc:SAML:attribute:subject-id';
const BEARER = 'urn:oasis:names:tc:SAML:2.0:cm:bearer';
/** Where identity providers write an address when nothing else is agreed. */
const EMAIL_ATTRIBUTES = [
  'urn:oid:0.9.2342.19200300.100.1.3',
  'http://schemas.xmlsoap.org/ws/2005/05/identity/claims/emailaddress',
  'http://schemas.xmlsoap.org/claims/EmailAddress',
  'mail',
  'Mail',
  'email',
];
/** Claims with a place of their own; all others go into `custom_claims`. */
const STANDARD = new Set(
  `iss sub aud iat exp name family_name given_name middle_name nickname preferred_username profile picture website gender
  birthdate zoneinfo locale updated_at email email_verified phone phone_verified full_name avatar_url slug provider_id
  user_name`.split(/\s+/),
);

/** An assertion whose signature was verified, as it was signed. */
export class SamlAssertion {
  readonly #assertion: Document;

  /** @param parsed - the signed XML, parsed without prefixes */
  constructor(parsed: unknown) {
    this.#assertion = new Document(new Document(parsed).at('Assertion'));
  }

  /** The id that makes it one of a kind at its issuer. */
  get id(): string {
    return this.#assertion.text('$', 'ID');
  }

  get issuer(): string {
    return this.#text('Issuer', 0).trim();
  }

  /** When it stops to be of use; undefined where it does not say so. */
  get notOnOrAfter(): Date | undefined {
    return asDate(this.#assertion.text('Conditions', 0, '$', 'NotOnOrAfter'));
  }

  /** When the session at the identity provider ends. */
  get sessionEnds(): Date | undefined {
    return this.#assertion
      .list('AuthnStatement')
      .map((statement) => asDate(statement.text('$', 'SessionNotOnOrAfter')))
      .find((date) => date !== undefined);
  }

  /** True when it was made for us now, as the answer to this request; an empty request means unasked. */
  confirms(recipient: string, requestId: string, now = new Date()): boolean {
    return this.#assertion.list('Subject', 0, 'SubjectConfirmation').some((confirmation) => {
      const data = (name: string): string => confirmation.text('SubjectConfirmationData', 0, '$', name);
      const until = asDate(data('NotOnOrAfter'));
      return (
        confirmation.text('$', 'Method') === BEARER &&
        data('Recipient') === recipient &&
        data('InResponseTo') === requestId &&
        until !== undefined &&
        until > now
      );
    });
  }

  /** The user, by the provider's mapping. Refuses an assertion that tells no lasting id, or no address. */
  user(provider: SsoProvider): ExternalUser {
    const mapped = mapAttributes(provider.attribute_mapping, (name) => this.#values(name));
    const sub = this.#userId();
    const email = typeof mapped.email === 'string' && mapped.email !== '' ? mapped.email : this.#email();
    if (email === '') {
      const message = 'SAML Assertion does not contain an email address';
      throw new AuthError(400, 'saml_assertion_no_email', message);
    }
    const entries = Object.entries(mapped);
    const custom = Object.fromEntries(entries.filter(([name]) => !STANDARD.has(name)));
    return {
      emails: onlyEmail(email, true),
      claims: identityClaims({
        ...Object.fromEntries(entries.filter(([name]) => STANDARD.has(name))),
        iss: provider.entity_id,
        sub,
        email,
        email_verified: true,
        custom_claims: Object.keys(custom).length === 0 ? undefined : custom,
      }),
    };
  }

  #userId(): string {
    const [subjectId] = this.#values(SUBJECT_ID);
    const format = this.#assertion.text('Subject', 0, 'NameID', 0, '$', 'Format');
    const name = this.#text('Subject', 0, 'NameID', 0);
    const lasting = format === EMAIL_FORMAT ? name.trim().toLowerCase() : name;
    const id = subjectId ?? (format === TRANSIENT_FORMAT ? '' : lasting);
    if (id !== '') return id;
    throw new AuthError(
      400,
      'saml_assertion_no_user_id',
      'SAML Assertion did not contain a persistent Subject Identifier attribute or Subject NameID uniquely identifying this user',
    );
  }

  #email(): string {
    const told = EMAIL_ATTRIBUTES.flatMap((name) => this.#values(name)).find((value) => value !== '');
    if (told !== undefined) return told;
    const format = this.#assertion.text('Subject', 0, 'NameID', 0, '$', 'Format');
    return format === EMAIL_FORMAT ? this.#text('Subject', 0, 'NameID', 0) : '';
  }

  /** The values of an attribute, by its name or its friendly one. */
  #values(name: string): string[] {
    if (name === '') return [];
    return this.#assertion
      .list('AttributeStatement')
      .flatMap((statement) => statement.list('Attribute'))
      .filter((entry) => entry.text('$', 'Name') === name || entry.text('$', 'FriendlyName') === name)
      .flatMap((entry) => entry.list('AttributeValue').map((value) => value.text('_') || value.text()));
  }

  /** An element's text, whether or not it has attributes. */
  #text(...path: (string | number)[]): string {
    return this.#assertion.text(...path, '_') || this.#assertion.text(...path);
  }
}

function asDate(text: string): Date | undefined {
  const date = new Date(text);
  return text === '' || Number.isNaN(date.getTime()) ? undefined : date;
}
