import { createHmac } from 'node:crypto';
import { identityClaims, onlyEmail } from '../external-user.ts';
import { hostOf, type ProviderDefinition } from '../provider.types.ts';

/** Social networks. */
export const SOCIAL_PROVIDERS: Readonly<Record<string, ProviderDefinition>> = {
  discord: {
    scopes: ['email', 'identify'],
    endpoints: (config) => {
      const api = `${hostOf(config, 'discord.com')}/api`;
      return { authorize: `${api}/oauth2/authorize`, token: `${api}/oauth2/token` };
    },
    user: async ({ config, get }) => {
      const api = `${hostOf(config, 'discord.com')}/api`;
      const user = await get(`${api}/users/@me`);
      const [sub, name] = [user.text('id'), user.text('username')];
      const avatar = discordAvatar(sub, user.text('avatar'), user.text('discriminator'));
      return {
        emails: onlyEmail(user.text('email'), user.flag('verified')),
        claims: identityClaims({
          iss: api,
          sub,
          name: `${name}#${user.text('discriminator')}`,
          picture: avatar,
          custom_claims: { global_name: user.text('global_name') },
          avatar_url: avatar,
          full_name: name,
          provider_id: sub,
        }),
      };
    },
  },
  facebook: {
    scopes: ['email'],
    endpoints: (config) => ({
      authorize: `${hostOf(config, 'www.facebook.com')}/dialog/oauth`,
      token: `${hostOf(config, 'graph.facebook.com')}/oauth/access_token`,
    }),
    user: async ({ config, tokens, get }) => {
      const profile = `${hostOf(config, 'graph.facebook.com')}/me?fields=email,first_name,last_name,name,picture`;
      // Facebook's proof that the token is used by the app it was given to.
      const proof = createHmac('sha256', config.secret).update(tokens.accessToken).digest('hex');
      const user = await get(`${profile}&appsecret_proof=${proof}`);
      const sub = user.text('id');
      const name = `${user.text('first_name')} ${user.text('last_name')}`.trim();
      const avatar = user.text('picture', 'data', 'url');
      return {
        emails: onlyEmail(user.text('email'), true),
        claims: identityClaims({
          iss: profile,
          sub,
          name,
          nickname: user.text('name'),
          picture: avatar,
          slug: user.text('name'),
          avatar_url: avatar,
          full_name: name,
          provider_id: sub,
        }),
      };
    },
  },
  x: {
    scopes: ['users.email', 'tweet.read', 'users.read', 'offline.access'],
    pkce: true,
    endpoints: (config) => ({
      authorize: `${hostOf(config, 'x.com')}/i/oauth2/authorize`,
      token: `${hostOf(config, 'api.x.com')}/2/oauth2/token`,
    }),
    user: async ({ config, get }) => {
      const api = hostOf(config, 'api.x.com');
      const fields = 'id,name,username,confirmed_email,profile_image_url,url,created_at';
      const answer = await get(`${api}/2/users/me?user.fields=${fields}`);
      const text = (name: string): string => answer.text('data', name);
      return {
        emails: onlyEmail(text('confirmed_email'), true),
        claims: identityClaims({
          iss: api,
          sub: text('id'),
          name: text('name'),
          preferred_username: text('username'),
          picture: text('profile_image_url'),
          profile: `https://x.com/${text('username')}`,
          website: text('url'),
          custom_claims: { created_at: text('created_at') },
          avatar_url: text('profile_image_url'),
          full_name: text('name'),
          provider_id: text('id'),
          user_name: text('username'),
        }),
      };
    },
  },
  snapchat: {
    scopes: ['external_id', 'display_name', 'bitmoji.avatar'].map(
      (name) => `https://auth.snapchat.com/oauth2/api/user.${name}`,
    ),
    endpoints: (config) => {
      const host = `${hostOf(config, 'accounts.snapchat.com')}/accounts/oauth2`;
      return { authorize: `${host}/auth`, token: `${host}/token` };
    },
    user: async ({ config, get }) => {
      const query = new URLSearchParams({
        query: '{me { externalId displayName bitmoji { avatar id } email } }',
      });
      const user = await get(`${hostOf(config, 'kit.snapchat.com')}/v1/me?${query.toString()}`);
      const [sub, name] = [user.text('data', 'me', 'externalId'), user.text('data', 'me', 'displayName')];
      const avatar = user.text('data', 'me', 'bitmoji', 'avatar');
      return {
        emails: onlyEmail(user.text('data', 'me', 'email'), true),
        claims: identityClaims({
          iss: 'https://accounts.snapchat.com/accounts/oauth2/token',
          sub,
          name,
          picture: avatar,
          slug: name,
          avatar_url: avatar,
          full_name: name,
          provider_id: sub,
        }),
      };
    },
  },
  kakao: {
    scopes: ['account_email', 'profile_image', 'profile_nickname'],
    endpoints: (config) => {
      const host = `${hostOf(config, 'kauth.kakao.com')}/oauth`;
      return { authorize: `${host}/authorize`, token: `${host}/token` };
    },
    user: async ({ config, get }) => {
      const api = hostOf(config, 'kapi.kakao.com');
      const user = await get(`${api}/v2/user/me`);
      const [sub, name] = [user.text('id'), user.text('kakao_account', 'profile', 'nickname')];
      const verified =
        user.flag('kakao_account', 'is_email_verified') && user.flag('kakao_account', 'is_email_valid');
      return {
        emails: onlyEmail(user.text('kakao_account', 'email'), verified),
        claims: identityClaims({
          iss: api,
          sub,
          name,
          preferred_username: name,
          avatar_url: user.text('kakao_account', 'profile', 'profile_image_url'),
          full_name: name,
          provider_id: sub,
          user_name: name,
        }),
      };
    },
  },
};

/** Where Discord keeps a user's picture; `a_` marks a moving one. */
function discordAvatar(id: string, hash: string, discriminator: string): string {
  const cdn = 'https://cdn.discordapp.com';
  if (hash === '') return `${cdn}/embed/avatars/${Number(discriminator) % 5 || 0}.png`;
  return `${cdn}/avatars/${id}/${hash}.${hash.startsWith('a_') ? 'gif' : 'png'}`;
}
