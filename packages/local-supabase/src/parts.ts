import { authPart } from './auth/part.ts';
import type { Context, Part } from './context.ts';
import { section } from './config/config.ts';
import { functionsPart } from './functions/part.ts';
import { switchedOff } from './gateway/switched.off.ts';
import { realtimePart } from './realtime/part.ts';
import { restPart } from './rest/rest.part.ts';
import { storagePart } from './storage/part.ts';

/**
 * What is behind the gateway. Another service of Supabase is one more part here; parts migrate in this order, before
 * the project's own migrations.
 * @param files - the folder that keeps the files of storage
 */
export function parts(context: Context, files: string): Part[] {
  const mounted: Part[] = [
    { ...authPart(context), isOpen: (path) => AUTH_OPEN.test(path) },
    restPart(context),
    storagePart(context, { folder: files }),
    realtimePart(context),
    functionsPart(context),
  ];
  return mounted.map((part) => (isOff(context, part) ? switchedOff(part) : part));
}

/** The sections of `config.toml` in which a service is switched off by `enabled = false`. */
const SECTIONS: Readonly<Record<string, string>> = {
  '/auth/v1': 'auth',
  '/storage/v1': 'storage',
  '/realtime/v1': 'realtime',
  '/functions/v1': 'edge_runtime',
};

function isOff({ config }: Context, { prefix }: Part): boolean {
  const name = SECTIONS[prefix];
  return name !== undefined && section(config, name).enabled === false;
}

/** Where a browser comes by itself, from a mail or from a provider; what anybody may read; what applications ask. */
const AUTH_OPEN =
  /^\/(?:verify|callback|authorize|sso\/saml\/(?:acs|metadata)|oauth\/(?:authorize|token|userinfo|clients\/register)|\.well-known\/.*)$/;
