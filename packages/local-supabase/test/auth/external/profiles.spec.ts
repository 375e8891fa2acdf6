import { createHash } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { parse } from 'smol-toml';
import { ConfigSection } from '../../../src/auth/config/config-section.ts';
import { readExternalConfig, type ExternalProviderConfig } from '../../../src/auth/config/external-config.ts';
import { ExternalProviders } from '../../../src/auth/external/external-providers.ts';
import { withMainEmail } from '../../../src/auth/external/external-user.ts';
import { signRequest } from '../../../src/auth/external/oauth1.signature.ts';
import { IssuerDirectory } from '../../../src/auth/external/oidc/issuer-directory.ts';
import { startApiServer, type Answer, type ApiServer, type Asked } from './api-server.ts';

const PROFILES: Record<
  string,
  { answers: Record<string, Answer>; email?: [string, boolean]; claims: object }
> = {
  github: {
    answers: {
      '/login/oauth/access_token': { access_token: 'token', scope: 'user:email', token_type: 'bearer' },
      '/api/v3/user': { id: 583231, login: 'octocat', name: 'The Cat', avatar_url: 'http://a/1' },
      '/api/v3/user/emails': [
        { email: 'old@example.com', primary: false, verified: true },
        { email: 'cat@example.com', primary: true, verified: true },
      ],
    },
    email: ['cat@example.com', true],
    claims: { sub: '583231', user_name: 'octocat', preferred_username: 'octocat', full_name: 'The Cat' },
  },
  gitlab: {
    answers: {
      '/oauth/token': { access_token: 'token', token_type: 'Bearer', refresh_token: 'again' },
      '/api/v4/user': { id: 7, email: 'me@example.com', name: 'Me', confirmed_at: '2020-01-01' },
      '/api/v4/user/emails': [{ id: 1, email: 'more@example.com' }],
    },
    email: ['me@example.com', true],
    claims: { sub: '7', name: 'Me', provider_id: '7' },
  },
  bitbucket: {
    answers: {
      '/site/oauth2/access_token': { access_token: 'token', scopes: 'account email' },
      '/2.0/user': { uuid: '{u-1}', display_name: 'Me', avatar: { href: 'http://a/2' } },
      '/2.0/user/emails': { values: [{ email: 'me@example.com', is_primary: true, is_confirmed: false }] },
    },
    email: ['me@example.com', false],
    claims: { sub: '{u-1}', picture: 'http://a/2' },
  },
  discord: {
    answers: {
      '/api/oauth2/token': { access_token: 'token', token_type: 'Bearer' },
      '/api/users/@me': {
        id: '80',
        username: 'me',
        discriminator: '7',
        avatar: 'a_1',
        email: 'me@example.com',
        verified: true,
        global_name: 'Me',
      },
    },
    email: ['me@example.com', true],
    claims: {
      name: 'me#7',
      full_name: 'me',
      picture: 'https://cdn.discordapp.com/avatars/80/a_1.gif',
      custom_claims: { global_name: 'Me' },
    },
  },
  facebook: {
    answers: {
      '/oauth/access_token': { access_token: 'token', token_type: 'bearer', expires_in: 5 },
      '/me': {
        id: '9',
        email: 'me@example.com',
        first_name: 'M',
        last_name: 'E',
        name: 'Alias',
        picture: { data: { url: 'http://a/3' } },
      },
    },
    email: ['me@example.com', true],
    claims: { name: 'M E', nickname: 'Alias', slug: 'Alias', avatar_url: 'http://a/3' },
  },
  x: {
    answers: {
      '/2/oauth2/token': { access_token: 'token', token_type: 'bearer', refresh_token: 'again' },
      '/2/users/me': { data: { id: '2244', username: 'me', name: 'Me', confirmed_email: 'me@example.com' } },
    },
    email: ['me@example.com', true],
    claims: { sub: '2244', profile: 'https://x.com/me', user_name: 'me' },
  },
  snapchat: {
    answers: {
      '/accounts/oauth2/token': { access_token: 'token' },
      '/v1/me': { data: { me: { externalId: 's', displayName: 'Me', bitmoji: { avatar: 'http://a/4' } } } },
    },
    claims: { sub: 's', slug: 'Me', picture: 'http://a/4' },
  },
  kakao: {
    answers: {
      '/oauth/token': { access_token: 'token', token_type: 'bearer' },
      '/v2/user/me': {
        id: 11,
        kakao_account: {
          email: 'me@example.com',
          is_email_valid: true,
          is_email_verified: true,
          profile: { nickname: 'Me' },
        },
      },
    },
    email: ['me@example.com', true],
    claims: { sub: '11', name: 'Me', user_name: 'Me' },
  },
  spotify: {
    answers: {
      '/api/token': { access_token: 'token', token_type: 'Bearer' },
      '/me': { id: 'sp', display_name: 'Me', email: 'me@example.com', images: [{ url: 'http://a/5' }] },
    },
    email: ['me@example.com', false],
    claims: { sub: 'sp', avatar_url: 'http://a/5' },
  },
  twitch: {
    answers: {
      '/oauth2/token': { access_token: 'token', token_type: 'bearer', scope: ['user:read:email'] },
      '/helix/users': {
        data: [{ id: '44', login: 'me', display_name: 'Me', email: 'me@example.com', view_count: 3 }],
      },
    },
    email: ['me@example.com', true],
    claims: { name: 'me', nickname: 'Me', custom_claims: { view_count: 3 } },
  },
  figma: {
    answers: {
      '/api/oauth/token': { access_token: 'token', user_id: 1 },
      '/v1/me': { id: 'f', handle: 'Me', email: 'me@example.com', img_url: 'http://a/6' },
    },
    email: ['me@example.com', true],
    claims: { sub: 'f', avatar_url: 'http://a/6' },
  },
  slack_oidc: {
    answers: {
      '/api/openid.connect.token': { ok: true, access_token: 'token', token_type: 'Bearer' },
      '/api/openid.connect.userInfo': {
        'https://slack.com/user_id': 'U1',
        'https://slack.com/team_id': 'T1',
        email: 'me@example.com',
        name: 'Me',
      },
    },
    email: ['me@example.com', true],
    claims: { sub: 'U1', custom_claims: { 'https://slack.com/team_id': 'T1' } },
  },
  notion: {
    answers: {
      '/v1/oauth/token': { access_token: 'token', token_type: 'bearer' },
      '/v1/users/me': {
        bot: { owner: { user: { id: 'n', name: 'Me', person: { email: 'me@example.com' } } } },
      },
    },
    email: ['me@example.com', true],
    claims: { sub: 'n', name: 'Me' },
  },
  zoom: {
    answers: {
      '/oauth/token': { access_token: 'token', token_type: 'bearer' },
      '/v2/users/me': {
        id: 'z',
        first_name: 'M',
        last_name: 'E',
        email: 'me@example.com',
        verified: 0,
        login_type: 100,
      },
    },
    email: ['me@example.com', false],
    claims: { sub: 'z', name: 'M E' },
  },
  linkedin: {
    answers: {
      '/oauth/v2/accessToken': { access_token: 'token', expires_in: 10 },
      '/v2/me': {
        id: 'l',
        firstName: { localized: { en_US: 'M' }, preferredLocale: { country: 'US', language: 'en' } },
        lastName: { localized: { en_US: 'E' }, preferredLocale: { country: 'US', language: 'en' } },
      },
      '/v2/emailAddress': { elements: [{ 'handle~': { emailAddress: 'me@example.com' } }] },
    },
    email: ['me@example.com', true],
    claims: { sub: 'l', name: 'M E' },
  },
  fly: {
    answers: {
      '/oauth/token': { access_token: 'token' },
      '/oauth/token/info': {
        user_id: 'fl',
        user_name: 'Me',
        email: 'me@example.com',
        organizations: [{ id: 'o' }],
      },
    },
    email: ['me@example.com', true],
    claims: { sub: 'fl', full_name: 'Me', custom_claims: { organizations: [{ id: 'o' }] } },
  },
  workos: {
    answers: {
      '/sso/token': {
        access_token: 'token',
        profile: { id: 'w', email: 'me@example.com', first_name: 'M', connection_id: 'c' },
      },
    },
    email: ['me@example.com', true],
    claims: { sub: 'w', name: 'M', custom_claims: { connection_id: 'c', organization_id: '' } },
  },
};

let api: ApiServer;

beforeAll(async () => {
  api = await startApiServer();
});
beforeEach(() => void api.asked.splice(0));
afterAll(() => api.close());

function configured(name: string): ReadonlyMap<string, ExternalProviderConfig> {
  const toml = `[${name}]\nenabled = true\nclient_id = "id"\nsecret = "a secret"\nurl = "${api.url}/"`;
  return readExternalConfig(new ConfigSection(parse(toml), ''), 'http://127.0.0.1/auth/v1');
}

const providerOf = (name: string) =>
  new ExternalProviders(configured(name), new IssuerDirectory()).redirect(name);

async function begin(name: string, codeVerifier?: string): Promise<URL> {
  const request = { state: 'state', scopes: '', parameters: new URLSearchParams(), codeVerifier };
  return providerOf(name).begin(request);
}

describe.each(Object.keys(PROFILES))('%s', (name) => {
  const { answers, email, claims } = PROFILES[name] ?? { answers: {}, claims: {} };

  it('is asked at its own paths, and its user is read as GoTrue does', async () => {
    api.answer = ({ path }: Asked) => answers[path] ?? { status: 404 };
    const target = await begin(name);
    expect(target.origin).toBe(api.url);
    expect(target.searchParams.get('redirect_uri')).toBe('http://127.0.0.1/auth/v1/callback');
    const { user, accessToken } = await providerOf(name).finish(
      new URLSearchParams('code=c&state=s&iss=x'),
      'v'.repeat(43),
    );
    expect(accessToken).toBe('token');
    const main = withMainEmail(user).claims;
    expect(main).toMatchObject({ phone_verified: false, ...claims });
    expect([main.email, main.email_verified]).toEqual(email ?? [undefined, false]);
    for (const { method, authorization } of api.asked) {
      if (method === 'GET') expect(authorization).toBe('Bearer token');
    }
  });

  it('that fails is refused', async () => {
    api.answer = ({ method }: Asked) => (method === 'POST' ? { access_token: 'token' } : { status: 500 });
    const finished = providerOf(name).finish(new URLSearchParams('code=c'), undefined);
    await expect(finished).rejects.toMatchObject({ status: 500, code: 'unexpected_failure' });
  });
});

describe('the exchange of the code', () => {
  it('names the application by Basic first and in the body when that is refused', async () => {
    api.answer = ({ authorization, form, path }: Asked) => {
      if (path !== '/login/oauth/access_token') return PROFILES.github?.answers[path] ?? { status: 404 };
      if (authorization !== '') return { status: 401 };
      return { access_token: form.get('client_secret') === 'a secret' ? 'token' : undefined };
    };
    const { accessToken } = await providerOf('github').finish(new URLSearchParams('code=c'), undefined);
    expect(accessToken).toBe('token');
    expect(api.asked[0]?.authorization).toMatch(/^Basic /);
    expect(api.asked[1]?.form.get('redirect_uri')).toBe('http://127.0.0.1/auth/v1/callback');
  });

  it('proves with PKCE who began, where the provider wants it', async () => {
    const verifier = 'v'.repeat(43);
    api.answer = ({ path }: Asked) => PROFILES.x?.answers[path] ?? { status: 404 };
    const target = await begin('x', verifier);
    const challenge = createHash('sha256').update(verifier).digest('base64url');
    expect(target.searchParams.get('code_challenge')).toBe(challenge);
    expect(target.searchParams.get('code_challenge_method')).toBe('S256');
    await providerOf('x').finish(new URLSearchParams('code=c'), verifier);
    expect(api.asked[0]?.form.get('code_verifier')).toBe(verifier);
  });

  it('ends at an answer that never stops', async () => {
    api.answer = () => `{"access_token":"${'x'.repeat(2 * 1024 * 1024)}"}`;
    const finished = providerOf('github').finish(new URLSearchParams('code=c'), undefined);
    await expect(finished).rejects.toMatchObject({ status: 500 });
  });
});

describe('Twitter’s OAuth 1.0a', () => {
  it('signs as Twitter’s own example', () => {
    const text = 'Hello Ladies + Gentlemen, a signed OAuth request!';
    const url = new URL(
      `https://api.twitter.com/1.1/statuses/update.json?include_entities=true&status=${encodeURIComponent(text)}`,
    );
    const signer = {
      key: 'xvz1evFS4wEEPTGEFPHBog',
      secret: 'kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw',
      token: '370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb',
      tokenSecret: 'LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE',
    };
    const stamp = { nonce: 'kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg', timestamp: 1318622958 };
    const signature = encodeURIComponent('hCtSmYh+iHYCEqBWrE7C7hYmtUk=');
    expect(signRequest('POST', url, signer, {}, stamp)).toContain(`oauth_signature="${signature}"`);
  });

  it('carries the state in the address to come back to', async () => {
    api.answer = ({ path }: Asked) =>
      ({
        '/oauth/request_token': 'oauth_token=request&oauth_token_secret=s&oauth_callback_confirmed=true',
        '/oauth/access_token': 'oauth_token=user&oauth_token_secret=us',
        '/1.1/account/verify_credentials.json': JSON.stringify({
          id_str: '5',
          screen_name: 'me',
          email: 'me@example.com',
        }),
      })[path] ?? { status: 404 };
    const target = await begin('twitter');
    expect(target.href).toBe(`${api.url}/oauth/authenticate?oauth_token=request`);
    const back = encodeURIComponent('http://127.0.0.1/auth/v1/callback?state=state');
    expect(api.asked[0]?.authorization).toContain(`oauth_callback="${back}"`);
    const returned = await providerOf('twitter').finish(
      new URLSearchParams('oauth_token=request&oauth_verifier=v'),
      undefined,
    );
    expect(returned).toMatchObject({ accessToken: 'user', user: { claims: { sub: '5', user_name: 'me' } } });
  });
});

describe('the settings of a provider', () => {
  const read = (toml: string) => readExternalConfig(new ConfigSection(parse(toml), ''), 'http://x/auth/v1');

  it.each([
    ['[github]\nenabled = true', 'without client_id'],
    ['[github]\nenabled = true\nclient_id = "a"', 'without secret'],
    ['[keycloak]\nenabled = true\nclient_id = "a"\nsecret = "b"', 'without url'],
    ['[acme]\nenabled = true\nclient_id = "a"\nsecret = "b"', 'without url'],
    ['[acme]\nenabled = true\nclient_id = "a"\nsecret = "b"\nurl = "nonsense"', 'must be a URL'],
    ['[email]\nenabled = true', 'no external provider'],
  ])('name what is wrong', (toml, message) => {
    expect(() => read(toml)).toThrow(message);
  });

  it('have the CLI’s defaults', () => {
    const all = read('[google]\nenabled = true\nclient_id = " web , ios "\n[github]\nenabled = false');
    expect([...all.values()]).toEqual([
      {
        name: 'google',
        clientIds: ['web', 'ios'],
        secret: '',
        redirectUri: 'http://x/auth/v1/callback',
        url: '',
        skipNonceCheck: false,
        emailOptional: false,
      },
    ]);
  });
});
