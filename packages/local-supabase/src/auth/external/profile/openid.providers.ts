import type { ExternalProviderConfig } from '../../config/external-config.ts';
import { Document } from '../document.ts';
import { onlyEmail, identityClaims, type ExternalUser } from '../external-user.ts';
import { verifyIdToken } from '../oidc/id-token.ts';
import type { Issuer, IssuerDirectory } from '../oidc/issuer-directory.ts';
import { ISSUERS, issuerOf, readerOf } from '../oidc/oidc-issuers.ts';
import { hostOf, type Endpoints, type ProviderDefinition, type ProviderSession } from '../provider.types.ts';

const GOOGLE_PROFILE = 'https://www.googleapis.com/userinfo/v2/me';

/** Providers that prove their users by an ID token, found by their published descriptions. */
export const OPENID_PROVIDERS: Readonly<Record<string, ProviderDefinition>> = {
  google: {
    scopes: ['email', 'profile'],
    endpoints: discovered,
    user: async (session) =>
      session.tokens.idToken === undefined ? googleProfile(session) : userOfToken(session),
  },
  apple: {
    scopes: ['email', 'name'],
    fixedScopes: true,
    parameters: { response_mode: 'form_post' },
    endpoints: discovered,
    user: async (session) => withAppleName(await userOfToken(session), session.callback.get('user')),
  },
  linkedin_oidc: {
    scopes: ['openid', 'email', 'profile'],
    endpoints: (config, issuers) =>
      config.url === ''
        ? {
            authorize: `https://api.linkedin.com/oauth/v2/authorization`,
            token: `https://api.linkedin.com/oauth/v2/accessToken`,
          }
        : discovered(config, issuers),
    user: userOfToken,
  },
  azure: {
    scopes: ['openid'],
    endpoints: (config) => {
      const host = hostOf(config, 'login.microsoftonline.com/common');
      return { authorize: `${host}/oauth2/v2.0/authorize`, token: `${host}/oauth2/v2.0/token` };
    },
    user: userOfToken,
  },
  keycloak: {
    scopes: ['profile', 'email'],
    endpoints: ({ url }) => ({
      authorize: `${url}/protocol/openid-connect/auth`,
      token: `${url}/protocol/openid-connect/token`,
      issuer: url,
    }),
    user: async ({ config: { url }, get }) => {
      const user = await get(`${url}/protocol/openid-connect/userinfo`);
      const [sub, name] = [user.text('sub'), user.text('name')];
      return {
        emails: onlyEmail(user.text('email'), user.flag('email_verified')),
        claims: identityClaims({ iss: url, sub, name, full_name: name, provider_id: sub }),
      };
    },
  },
};

/** Any OpenID Connect provider at `url`. What its token leaves out is asked for. */
export const STANDARD_PROVIDER: ProviderDefinition = {
  scopes: ['openid', 'email', 'profile'],
  endpoints: discovered,
  user: async (session) => {
    const proven = await userOfToken(session);
    const issuer = await session.issuers.find(session.config.url);
    if (proven.emails.length > 0 || issuer.userinfoEndpoint === undefined) return proven;
    const told = await session.get(issuer.userinfoEndpoint);
    // OpenID Connect Core, 5.3.2: what is said of somebody else does not count.
    if (told.text('sub') !== proven.claims.sub) throw new Error('The user info is another user’s.');
    return (session.config.readUser ?? readerOf(session.config.name))({
      ...(told.at() as object),
      iss: issuer.issuer,
      sub: proven.claims.sub,
    });
  },
};

async function discovered(config: ExternalProviderConfig, issuers: IssuerDirectory): Promise<Endpoints> {
  const issuer = await issuers.find(config.url === '' ? (ISSUERS[config.name] ?? '') : config.url);
  return {
    authorize: issuer.authorizationEndpoint,
    token: issuer.tokenEndpoint,
    issuer: issuer.issuer,
  };
}

async function userOfToken({ config, tokens, issuers }: ProviderSession): Promise<ExternalUser> {
  const { idToken, accessToken } = tokens;
  if (idToken === undefined) throw new Error('No ID token came with the access token.');
  const address = issuerOf(config, idToken);
  if (address === undefined) throw new Error('The ID token is of an issuer that is not accepted.');
  const issuer: Issuer = await issuers.find(address);
  const claims = await verifyIdToken(idToken, issuer, { audience: [config.clientIds[0]], accessToken });
  return (config.readUser ?? readerOf(config.name))(claims);
}

/** Google gives ID tokens only where `openid` was asked for. */
async function googleProfile({ config, issuers, get }: ProviderSession): Promise<ExternalUser> {
  const address =
    config.url === '' ? GOOGLE_PROFILE : ((await issuers.find(config.url)).userinfoEndpoint ?? config.url);
  const told = await get(address);
  const sub = told.text('sub') || told.text('id');
  return readerOf('google')({ ...(told.at() as object), iss: address, sub });
}

function withAppleName(user: ExternalUser, text: string | null): ExternalUser {
  if (text === null || text === '') return user;
  const told = new Document(JSON.parse(text));
  const name = `${told.text('name', 'firstName')} ${told.text('name', 'lastName')}`.trim();
  return { ...user, claims: identityClaims({ ...user.claims, name, full_name: name }) };
}
