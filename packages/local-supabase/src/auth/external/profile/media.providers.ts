import { identityClaims, onlyEmail } from '../external-user.ts';
import { hostOf, type ProviderDefinition } from '../provider.types.ts';

/** Where people listen, watch and draw. */
export const MEDIA_PROVIDERS: Readonly<Record<string, ProviderDefinition>> = {
  spotify: {
    scopes: ['user-read-email'],
    endpoints: (config) => {
      const host = hostOf(config, 'accounts.spotify.com');
      return { authorize: `${host}/authorize`, token: `${host}/api/token` };
    },
    user: async ({ config, get }) => {
      const api = hostOf(config, 'api.spotify.com/v1');
      const user = await get(`${api}/me`);
      const [sub, name] = [user.text('id'), user.text('display_name')];
      const avatar = user.text('images', 0, 'url');
      return {
        // Spotify does not say whether an address is the user's.
        emails: onlyEmail(user.text('email'), false),
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
  twitch: {
    scopes: ['user:read:email'],
    endpoints: (config) => {
      const host = `${hostOf(config, 'id.twitch.tv')}/oauth2`;
      return { authorize: `${host}/authorize`, token: `${host}/token` };
    },
    user: async ({ config, get }) => {
      const api = hostOf(config, 'api.twitch.tv');
      const answer = await get(`${api}/helix/users`, { 'Client-Id': config.clientIds[0] });
      const [user] = answer.list('data');
      if (user === undefined) throw new Error('Twitch names no user.');
      const [sub, login, name] = [user.text('id'), user.text('login'), user.text('display_name')];
      const avatar = user.text('profile_image_url');
      return {
        emails: onlyEmail(user.text('email'), true),
        claims: identityClaims({
          iss: api,
          sub,
          name: login,
          nickname: name,
          picture: avatar,
          custom_claims: {
            broadcaster_type: user.text('broadcaster_type'),
            description: user.text('description'),
            type: user.text('type'),
            offline_image_url: user.text('offline_image_url'),
            view_count: Number(user.text('view_count')),
          },
          slug: name,
          avatar_url: avatar,
          full_name: login,
          provider_id: sub,
        }),
      };
    },
  },
  figma: {
    scopes: ['file_read'],
    endpoints: (config) => {
      const host = hostOf(config, 'www.figma.com');
      return { authorize: `${host}/oauth`, token: `${host}/api/oauth/token` };
    },
    user: async ({ config, get }) => {
      const api = hostOf(config, 'api.figma.com');
      const user = await get(`${api}/v1/me`);
      const [sub, name] = [user.text('id'), user.text('handle')];
      return {
        emails: onlyEmail(user.text('email'), true),
        claims: identityClaims({
          iss: api,
          sub,
          name,
          avatar_url: user.text('img_url'),
          full_name: name,
          provider_id: sub,
        }),
      };
    },
  },
};
