import type { SAML, SamlConfig } from '@node-saml/node-saml';
import { refuse } from '../errors/catalogue.ts';
import { SamlAssertion } from './saml-assertion.ts';
import { certify, parseSamlKey, type SamlKey } from './saml-key.ts';
import { parseMetadata, type IdentityProvider } from './saml-metadata.ts';
import type { SsoProvider } from './sso-providers.repository.ts';

const PERSISTENT = 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
/** Milliseconds that clocks may differ. */
const CLOCK_SKEW = 180_000;

/** `[auth.saml]`. */
export interface SamlSettings {
  readonly enabled: boolean;
  /** RSA, PEM or base64 DER. */
  readonly privateKey: string;
  readonly allowEncryptedAssertions: boolean;
}

/** This project as a service provider of SAML 2.0. */
export class SamlServiceProvider {
  readonly entityId: string;
  /** Where identity providers send browsers back to. */
  readonly acsUrl: string;
  readonly #settings: SamlSettings;
  #key: Promise<SamlKey> | undefined;

  constructor(settings: SamlSettings, externalUrl: string) {
    this.#settings = settings;
    this.entityId = `${externalUrl}/sso/saml/metadata`;
    this.acsUrl = `${externalUrl}/sso/saml/acs`;
  }

  /** Refuses where the project has no SAML. */
  checkEnabled(): void {
    if (!this.#settings.enabled) throw refuse.samlDisabled();
  }

  /** What identity providers are told of us. */
  async metadata(): Promise<string> {
    const { generateServiceProviderMetadata } = await import('@node-saml/node-saml');
    const { privateKey, certificate } = await this.#ownKey();
    const encryption = this.#settings.allowEncryptedAssertions;
    return generateServiceProviderMetadata({
      issuer: this.entityId,
      callbackUrl: this.acsUrl,
      identifierFormat: PERSISTENT,
      wantAssertionsSigned: true,
      privateKey,
      publicCerts: [certificate],
      ...(encryption && { decryptionPvk: privateKey, decryptionCert: certificate }),
      generateUniqueId: () => 'metadata',
    });
  }

  /** The address that asks the provider to sign somebody in. The answer must name `requestId`. */
  async requestUrl(provider: SsoProvider, requestId: string, relayState: string): Promise<string> {
    const description = await parseMetadata(provider.metadata_xml);
    if (description.signInUrl === '') {
      throw refuse.unexpected('Error creating SAML Authentication Request: no HTTP-Redirect binding');
    }
    const saml = await this.#saml(provider, description, requestId);
    return saml.getAuthorizeUrlAsync(relayState, undefined, {});
  }

  /**
   * The signed assertion of an answer, checked for signature, issuer, audience, times, recipient and the request it answers;
   * an empty `requestId` is for answers nobody asked for.
   */
  async readResponse(provider: SsoProvider, response: string, requestId: string): Promise<SamlAssertion> {
    const description = await parseMetadata(provider.metadata_xml);
    const saml = await this.#saml(provider, description, requestId);
    const { profile } = await saml
      .validatePostResponseAsync({ SAMLResponse: response })
      .catch((cause: unknown) => {
        throw invalid(cause);
      });
    const assertion = new SamlAssertion(profile?.getAssertion?.());
    if (assertion.issuer !== provider.entity_id) throw invalid(new Error('The issuer is another one.'));
    if (!assertion.confirms(this.acsUrl, requestId)) throw invalid(new Error('It was not made for this.'));
    return assertion;
  }

  async #saml(provider: SsoProvider, idp: IdentityProvider, requestId: string): Promise<SAML> {
    const { SAML } = await import('@node-saml/node-saml');
    const { privateKey } = await this.#ownKey();
    const config: SamlConfig = {
      issuer: this.entityId,
      callbackUrl: this.acsUrl,
      audience: this.entityId,
      entryPoint: idp.signInUrl || provider.entity_id,
      idpCert: [...idp.certificates],
      idpIssuer: provider.entity_id,
      privateKey,
      signatureAlgorithm: 'sha256',
      digestAlgorithm: 'sha256',
      identifierFormat: provider.name_id_format ?? PERSISTENT,
      disableRequestedAuthnContext: true,
      // Either may be signed; what is read is always what was signed.
      wantAuthnResponseSigned: false,
      wantAssertionsSigned: false,
      acceptedClockSkewMs: CLOCK_SKEW,
      generateUniqueId: () => requestId,
      ...(this.#settings.allowEncryptedAssertions && { decryptionPvk: privateKey }),
    };
    return new SAML(config);
  }

  #ownKey(): Promise<SamlKey> {
    const key = parseSamlKey(this.#settings.privateKey);
    if (key === undefined) throw new Error('[auth.saml] private_key is no RSA key.');
    return (this.#key ??= certify(key));
  }
}

function invalid(cause: unknown): Error {
  return Object.assign(refuse.validation('SAML Assertion is not valid'), { cause });
}
