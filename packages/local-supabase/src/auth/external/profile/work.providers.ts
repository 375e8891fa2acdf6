import { identityClaims, onlyEmail, type ExternalUser } from '../external-user.ts';
import { hostOf, type ProviderDefinition, type ProviderSession } from '../provider.types.ts';

/** The version of Notion's API that its answers are read by. */
const NOTION_VERSION = '2021-08-16';

/** What people use at work. */
export const WORK_PROVIDERS: Readonly<Record<string, ProviderDefinition>> = {
  slack_oidc: {
    scopes: ['profile', 'email', 'openid'],
    endpoints: (config) => {
      const host = hostOf(config, 'slack.com');
      return {
        authorize: `${host}/openid/connect/authorize`,
        token: `${host}/api/openid.connect.token`,
      };
    },
    user: slackUser,
  },
  slack: {
    scopes: ['profile', 'email', 'openid'],
    endpoints: (config) => {
      const host = hostOf(config, 'slack.com');
      return { authorize: `${host}/oauth/authorize`, token: `${host}/api/oauth.access` };
    },
    user: slackUser,
  },
  notion: {
    scopes: [],
    fixedScopes: true,
    endpoints: (config) => {
      const host = `${hostOf(config, 'api.notion.com')}/v1/oauth`;
      return { authorize: `${host}/authorize`, token: `${host}/token` };
    },
    user: async ({ config, get }) => {
      const api = hostOf(config, 'api.notion.com');
      const bot = await get(`${api}/v1/users/me`, { 'Notion-Version': NOTION_VERSION });
      const text = (...path: string[]): string => bot.text('bot', 'owner', 'user', ...path);
      return profile(api, text('id'), {
        name: text('name'),
        avatar: text('avatar_url'),
        email: text('person', 'email'),
      });
    },
  },
  zoom: {
    scopes: [],
    fixedScopes: true,
    endpoints: (config) => {
      const host = `${hostOf(config, 'zoom.us')}/oauth`;
      return { authorize: `${host}/authorize`, token: `${host}/token` };
    },
    user: async ({ config, get }) => {
      const api = `${hostOf(config, 'api.zoom.us')}/v2`;
      const user = await get(`${api}/users/me`);
      // Login type 100 is an account by address; only there an address may be unconfirmed.
      const verified = user.text('login_type') !== '100' || user.text('verified') !== '0';
      return profile(api, user.text('id'), {
        name: `${user.text('first_name')} ${user.text('last_name')}`.trim(),
        avatar: user.text('pic_url'),
        email: user.text('email'),
        verified,
      });
    },
  },
  linkedin: {
    scopes: ['r_emailaddress', 'r_liteprofile'],
    endpoints: (config) => {
      const host = `${hostOf(config, 'api.linkedin.com')}/oauth/v2`;
      return { authorize: `${host}/authorization`, token: `${host}/accessToken` };
    },
    user: async ({ config, get }) => {
      const api = hostOf(config, 'api.linkedin.com');
      const parts = 'id,firstName,lastName,profilePicture(displayImage~:playableStreams)';
      const user = await get(`${api}/v2/me?projection=(${parts})`);
      const address = await get(`${api}/v2/emailAddress?q=members&projection=(elements*(handle~))`);
      const name = (part: string): string => {
        const locale = [
          user.text(part, 'preferredLocale', 'language'),
          user.text(part, 'preferredLocale', 'country'),
        ];
        return user.text(part, 'localized', locale.join('_'));
      };
      const picture = ['profilePicture', 'displayImage~', 'elements', 0, 'identifiers', 0, 'identifier'];
      return profile(api, user.text('id'), {
        name: `${name('firstName')} ${name('lastName')}`.trim(),
        avatar: user.text(...picture),
        email: address.text('elements', 0, 'handle~', 'emailAddress'),
      });
    },
  },
  fly: {
    scopes: ['read'],
    endpoints: (config) => {
      const host = `${hostOf(config, 'api.fly.io')}/oauth`;
      return { authorize: `${host}/authorize`, token: `${host}/token` };
    },
    user: async ({ config, get }) => {
      const api = hostOf(config, 'api.fly.io');
      const user = await get(`${api}/oauth/token/info`);
      const sub = user.text('user_id');
      const told = ['resource_owner_id', 'organizations', 'application', 'scope', 'created_at'];
      return {
        emails: onlyEmail(user.text('email'), true),
        claims: identityClaims({
          iss: api,
          sub,
          full_name: user.text('user_name'),
          provider_id: sub,
          custom_claims: Object.fromEntries(told.map((name) => [name, user.at(name)])),
        }),
      };
    },
  },
  workos: {
    scopes: [],
    fixedScopes: true,
    endpoints: (config) => {
      const host = `${hostOf(config, 'api.workos.com')}/sso`;
      return { authorize: `${host}/authorize`, token: `${host}/token` };
    },
    // WorkOS sends the profile beside the token.
    user: ({ config, tokens: { answer } }) => {
      const text = (name: string): string => answer.text('profile', name);
      const name = `${text('first_name')} ${text('last_name')}`.trim();
      const custom = { connection_id: text('connection_id'), organization_id: text('organization_id') };
      const user = identityClaims({
        iss: hostOf(config, 'api.workos.com'),
        sub: text('id'),
        name,
        custom_claims: custom,
        full_name: name,
        provider_id: text('id'),
      });
      return Promise.resolve({ emails: onlyEmail(text('email'), true), claims: user });
    },
  },
};

async function slackUser({ config, get }: ProviderSession): Promise<ExternalUser> {
  const api = `${hostOf(config, 'slack.com')}/api`;
  const user = await get(`${api}/openid.connect.userInfo`);
  return profile(api, user.text('https://slack.com/user_id'), {
    name: user.text('name'),
    avatar: user.text('picture'),
    email: user.text('email'),
    custom: { 'https://slack.com/team_id': user.text('https://slack.com/team_id') },
  });
}

interface Profile {
  readonly name: string;
  readonly avatar: string;
  readonly email: string;
  /** The provider vouches for the address, unless it says otherwise. */
  readonly verified?: boolean;
  readonly custom?: Record<string, unknown>;
}

function profile(iss: string, sub: string, told: Profile): ExternalUser {
  const { name, avatar, email, verified = true, custom } = told;
  return {
    emails: onlyEmail(email, verified),
    claims: identityClaims({
      iss,
      sub,
      name,
      picture: avatar,
      custom_claims: custom,
      avatar_url: avatar,
      full_name: name,
      provider_id: sub,
    }),
  };
}
