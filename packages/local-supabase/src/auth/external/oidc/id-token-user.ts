import { Document } from '../document.ts';
import { identityClaims, onlyEmail, type ExternalUser } from '../external-user.ts';
import type { IdTokenClaims } from './id-token.ts';

/** How one kind of issuer describes its users in ID tokens. */
export type IdTokenReader = (claims: IdTokenClaims) => ExternalUser;

export const googleUser: IdTokenReader = (claims) => {
  const token = new Document(claims);
  const [name, picture, hostedDomain] = [token.text('name'), token.text('picture'), token.text('hd')];
  return {
    emails: onlyEmail(token.text('email'), token.flag('email_verified') || token.flag('verified_email')),
    claims: identityClaims({
      iss: claims.iss,
      sub: claims.sub,
      name,
      picture,
      avatar_url: picture,
      full_name: name,
      provider_id: claims.sub,
      custom_claims: hostedDomain === '' ? undefined : { hd: hostedDomain },
    }),
  };
};

/** Apple says who it is only once, beside the token; see the definition of its provider. */
export const appleUser: IdTokenReader = (claims) => {
  const token = new Document(claims);
  const custom = {
    ...(claims.is_private_email !== undefined && { is_private_email: token.flag('is_private_email') }),
    ...(claims.auth_time !== undefined && { auth_time: claims.auth_time }),
  };
  return {
    emails: onlyEmail(token.text('email'), true),
    claims: identityClaims({
      iss: claims.iss,
      sub: claims.sub,
      provider_id: claims.sub,
      custom_claims: Object.keys(custom).length === 0 ? undefined : custom,
    }),
  };
};

export const linkedinUser: IdTokenReader = (claims) => {
  const token = new Document(claims);
  const [given, family] = [token.text('given_name'), token.text('family_name')];
  return {
    emails: onlyEmail(token.text('email'), token.flag('email_verified')),
    claims: identityClaims({
      iss: claims.iss,
      sub: claims.sub,
      name: `${given} ${family}`.trim(),
      given_name: given,
      family_name: family,
      locale: token.text('locale'),
      picture: token.text('picture'),
      provider_id: claims.sub,
    }),
  };
};

export const kakaoUser: IdTokenReader = (claims) => {
  const token = new Document(claims);
  const nickname = token.text('nickname');
  return {
    emails: onlyEmail(token.text('email'), true),
    claims: identityClaims({
      iss: claims.iss,
      sub: claims.sub,
      name: nickname,
      preferred_username: nickname,
      provider_id: claims.sub,
      picture: token.text('picture'),
    }),
  };
};

/** What of an Azure token says nothing about the user. */
const AZURE_PLUMBING = new Set(
  'aud iss iat nbf exp c_hash at_hash aio nonce rh uti jti ver sub name preferred_username'.split(' '),
);

/** Azure's address counts as the user's unless the token says that its domain's owner did not verify it. */
export const azureUser: IdTokenReader = (claims) => {
  const token = new Document(claims);
  const { xms_edov: ownerVerified } = claims;
  const custom = Object.fromEntries(Object.entries(claims).filter(([name]) => !AZURE_PLUMBING.has(name)));
  return {
    emails: onlyEmail(token.text('email'), ownerVerified === undefined || token.flag('xms_edov')),
    claims: identityClaims({
      iss: claims.iss,
      sub: claims.sub,
      provider_id: claims.sub,
      preferred_username: token.text('preferred_username'),
      full_name: token.text('name'),
      custom_claims: custom,
    }),
  };
};

/** The profile's claims of OpenID Connect that GoTrue keeps. */
const STANDARD =
  `iss sub name family_name given_name middle_name nickname preferred_username profile picture website
  gender birthdate zoneinfo locale email phone`.split(/\s+/);

/** Any other issuer, by the standard's names. The older names that clients still read are there as well. */
export const standardUser: IdTokenReader = (claims) => {
  const token = new Document(claims);
  const kept = Object.fromEntries(STANDARD.map((name) => [name, token.text(name)]));
  return {
    emails: onlyEmail(token.text('email'), token.flag('email_verified')),
    claims: identityClaims({
      ...kept,
      sub: claims.sub,
      provider_id: claims.sub,
      full_name: token.text('name'),
      avatar_url: token.text('picture'),
    }),
  };
};
