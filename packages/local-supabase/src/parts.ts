import { authPart } from './auth/part.ts';
import type { Context, Part } from './context.ts';
import { functionsPart } from './functions/part.ts';
import { realtimePart } from './realtime/part.ts';
import { restPart } from './rest/rest.part.ts';
import { storagePart } from './storage/part.ts';

/**
 * What is behind the gateway. Another service of Supabase is one more part here; parts migrate in this order, before
 * the project's own migrations.
 * @param files - the folder that keeps the files of storage
 */
export function parts(context: Context, files: string): Part[] {
  return [
    { ...authPart(context), isOpen: (path) => AUTH_OPEN.test(path) },
    restPart(context),
    storagePart(context, { folder: files }),
    realtimePart(context),
    functionsPart(context),
  ];
}

/** Where a browser comes by itself, from a mail or from a provider; what anybody may read. */
const AUTH_OPEN = /^\/(?:verify|callback|authorize|sso\/saml\/(?:acs|metadata)|\.well-known\/.*)$/;
