import { generateKeyPairSync, randomUUID } from 'node:crypto';
import { SignedXml } from 'xml-crypto';
import { certify } from '../../../src/auth/sso/saml-key.ts';

const SHA256 = 'http://www.w3.org/2001/04/xmlenc#sha256';
const RSA_SHA256 = 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256';
const TRANSFORMS = [
  'http://www.w3.org/2000/09/xmldsig#enveloped-signature',
  'http://www.w3.org/2001/10/xml-exc-c14n#',
];

/** What an answer says; the defaults are those of a good one. */
export interface Claims {
  nameId?: string;
  nameIdFormat?: string;
  attributes?: Record<string, string>;
  inResponseTo?: string;
  issuer?: string;
  audience?: string;
  recipient?: string;
  /** Seconds from now. */
  expires?: number;
  sessionEnds?: Date;
  id?: string;
}

/** An identity provider of tests: its metadata, and answers as it signs them. */
export interface IdentityProvider {
  entityId: string;
  metadata: string;
  /** A signed answer, base64, as the browser posts it. */
  answer: (claims: Claims, sign?: 'assertion' | 'response' | 'nothing') => string;
}

/** @param service - the entity id and the address of the service that answers are for */
export async function makeIdentityProvider(
  entityId: string,
  service: { entityId: string; acsUrl: string },
): Promise<IdentityProvider> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const key = await certify(privateKey);
  const certificate = key.certificate.replace(/-----.*?-----|\s/g, '');
  const metadata = `<?xml version="1.0"?>
    <md:EntityDescriptor xmlns:md="urn:oasis:names:tc:SAML:2.0:metadata" entityID="${entityId}">
      <md:IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        <md:KeyDescriptor use="signing"><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data>
          <ds:X509Certificate>${certificate}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></md:KeyDescriptor>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="${entityId}/post"/>
        <md:SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${entityId}/sso"/>
      </md:IDPSSODescriptor>
    </md:EntityDescriptor>`;
  const sign = (xml: string, element: string): string => {
    const signed = new SignedXml({
      privateKey: key.privateKey,
      signatureAlgorithm: RSA_SHA256,
      canonicalizationAlgorithm: 'http://www.w3.org/2001/10/xml-exc-c14n#',
    });
    const xpath = `//*[local-name(.)='${element}']`;
    signed.addReference({ xpath, digestAlgorithm: SHA256, transforms: TRANSFORMS });
    signed.computeSignature(xml, {
      location: { reference: `${xpath}/*[local-name(.)='Issuer']`, action: 'after' },
    });
    return signed.getSignedXml();
  };
  return {
    entityId,
    metadata,
    answer: (claims, what = 'assertion') => {
      const xml = answerXml({ issuer: entityId, ...claims }, service);
      const signed = what === 'nothing' ? xml : sign(xml, what === 'assertion' ? 'Assertion' : 'Response');
      return Buffer.from(signed).toString('base64');
    },
  };
}

function answerXml(claims: Claims, service: { entityId: string; acsUrl: string }): string {
  const now = new Date().toISOString();
  const until = new Date(Date.now() + (claims.expires ?? 60) * 1000).toISOString();
  const asked = claims.inResponseTo === undefined ? '' : ` InResponseTo="${claims.inResponseTo}"`;
  const format = claims.nameIdFormat ?? 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent';
  const ends = claims.sessionEnds ? ` SessionNotOnOrAfter="${claims.sessionEnds.toISOString()}"` : '';
  const attributes = Object.entries(claims.attributes ?? {})
    .map(
      ([name, value]) =>
        `<saml:Attribute Name="${name}"><saml:AttributeValue>${value}</saml:AttributeValue></saml:Attribute>`,
    )
    .join('');
  return `<samlp:Response xmlns:samlp="urn:oasis:names:tc:SAML:2.0:protocol" xmlns:saml="urn:oasis:names:tc:SAML:2.0:assertion"
    ID="r-${randomUUID()}" Version="2.0" IssueInstant="${now}" Destination="${service.acsUrl}"${asked}>
    <saml:Issuer>${claims.issuer ?? ''}</saml:Issuer>
    <samlp:Status><samlp:StatusCode Value="urn:oasis:names:tc:SAML:2.0:status:Success"/></samlp:Status>
    <saml:Assertion ID="${claims.id ?? `a-${randomUUID()}`}" Version="2.0" IssueInstant="${now}">
      <saml:Issuer>${claims.issuer ?? ''}</saml:Issuer>
      <saml:Subject><saml:NameID Format="${format}">${claims.nameId ?? 'ada-1'}</saml:NameID>
        <saml:SubjectConfirmation Method="urn:oasis:names:tc:SAML:2.0:cm:bearer">
          <saml:SubjectConfirmationData NotOnOrAfter="${until}" Recipient="${claims.recipient ?? service.acsUrl}"${asked}/>
        </saml:SubjectConfirmation></saml:Subject>
      <saml:Conditions NotBefore="${now}" NotOnOrAfter="${until}"><saml:AudienceRestriction>
        <saml:Audience>${claims.audience ?? service.entityId}</saml:Audience></saml:AudienceRestriction></saml:Conditions>
      <saml:AuthnStatement AuthnInstant="${now}"${ends}><saml:AuthnContext>
        <saml:AuthnContextClassRef>urn:oasis:names:tc:SAML:2.0:ac:classes:Password</saml:AuthnContextClassRef>
      </saml:AuthnContext></saml:AuthnStatement>
      <saml:AttributeStatement>${attributes}</saml:AttributeStatement>
    </saml:Assertion></samlp:Response>`;
}
