import { identityClaims } from '../external-user.ts';
import { hostOf, type ProviderDefinition } from '../provider.types.ts';

/** Hosts of source code. Each has an API of its own for the user and for his addresses. */
export const CODE_HOSTS: Readonly<Record<string, ProviderDefinition>> = {
  github: {
    scopes: ['user:email'],
    endpoints: (config) => {
      const host = hostOf(config, 'github.com');
      return { authorize: `${host}/login/oauth/authorize`, token: `${host}/login/oauth/access_token` };
    },
    user: async ({ config, get }) => {
      const api = config.url === '' ? 'https://api.github.com' : `${config.url}/api/v3`;
      const user = await get(`${api}/user`);
      const emails = (await get(`${api}/user/emails`)).list();
      const [sub, name, login] = [user.text('id'), user.text('name'), user.text('login')];
      return {
        emails: emails
          .map((entry) => ({
            email: entry.text('email'),
            verified: entry.flag('verified'),
            primary: entry.flag('primary'),
          }))
          .filter(({ email }) => email !== ''),
        claims: identityClaims({
          iss: api,
          sub,
          name,
          preferred_username: login,
          avatar_url: user.text('avatar_url'),
          full_name: name,
          provider_id: sub,
          user_name: login,
        }),
      };
    },
  },
  gitlab: {
    scopes: ['read_user'],
    endpoints: (config) => {
      const host = hostOf(config, 'gitlab.com');
      return { authorize: `${host}/oauth/authorize`, token: `${host}/oauth/token` };
    },
    user: async ({ config, get }) => {
      const host = hostOf(config, 'gitlab.com');
      const user = await get(`${host}/api/v4/user`);
      const others = (await get(`${host}/api/v4/user/emails`)).list().map((entry) => entry.text('email'));
      const [sub, name, avatar] = [user.text('id'), user.text('name'), user.text('avatar_url')];
      // GitLab does not say which of the further addresses are confirmed.
      const further = others.map((email) => ({ email, verified: false, primary: false }));
      const main = { email: user.text('email'), verified: user.text('confirmed_at') !== '', primary: true };
      return {
        emails: [...further, main].filter(({ email }) => email !== ''),
        claims: identityClaims({
          iss: host,
          sub,
          name,
          picture: avatar,
          avatar_url: avatar,
          full_name: name,
          provider_id: sub,
        }),
      };
    },
  },
  bitbucket: {
    scopes: ['account', 'email'],
    fixedScopes: true,
    endpoints: (config) => {
      const host = hostOf(config, 'bitbucket.org');
      return { authorize: `${host}/site/oauth2/authorize`, token: `${host}/site/oauth2/access_token` };
    },
    user: async ({ config, get }) => {
      const api = `${hostOf(config, 'api.bitbucket.org')}/2.0`;
      const user = await get(`${api}/user`);
      const emails = (await get(`${api}/user/emails`)).list('values');
      const [sub, name, avatar] = [
        user.text('uuid'),
        user.text('display_name'),
        user.text('avatar', 'href') || user.text('links', 'avatar', 'href'),
      ];
      return {
        emails: emails
          .map((entry) => ({
            email: entry.text('email'),
            verified: entry.flag('is_confirmed'),
            primary: entry.flag('is_primary'),
          }))
          .filter(({ email }) => email !== ''),
        claims: identityClaims({
          iss: api,
          sub,
          name,
          picture: avatar,
          avatar_url: avatar,
          full_name: name,
          provider_id: sub,
        }),
      };
    },
  },
};
