import { CODE_HOSTS } from './profile/code-host.providers.ts';
import { MEDIA_PROVIDERS } from './profile/media.providers.ts';
import { OPENID_PROVIDERS, STANDARD_PROVIDER } from './profile/openid.providers.ts';
import { SOCIAL_PROVIDERS } from './profile/social.providers.ts';
import { WORK_PROVIDERS } from './profile/work.providers.ts';
import type { ProviderDefinition } from './provider.types.ts';

const WELL_KNOWN: Readonly<Record<string, ProviderDefinition>> = {
  ...CODE_HOSTS,
  ...MEDIA_PROVIDERS,
  ...OPENID_PROVIDERS,
  ...SOCIAL_PROVIDERS,
  ...WORK_PROVIDERS,
};

/** How the provider of this name works; any other is an OpenID Connect provider at its configured address. */
export function definitionOf(name: string): ProviderDefinition {
  return Object.hasOwn(WELL_KNOWN, name) ? (WELL_KNOWN[name] ?? STANDARD_PROVIDER) : STANDARD_PROVIDER;
}
