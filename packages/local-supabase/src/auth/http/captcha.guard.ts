import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { AuthServices } from '../services.ts';
import { Body } from './body.ts';
import { queryOf } from './request-reader.ts';

/** What robots would do again and again. */
const GUARDED = [
  '/signup',
  '/recover',
  '/resend',
  '/magiclink',
  '/otp',
  '/token',
  '/sso',
  '/passkeys/authentication/options',
];

/** Grants that follow on something that was guarded. */
const FREE_GRANTS = ['pkce', 'refresh_token', 'id_token'];

/** Asks for a solved captcha where the project wants one. Administrators need none. */
export function captchaGuard(app: FastifyInstance, { captcha, requests }: AuthServices): void {
  if (!captcha.enabled) return;
  app.addHook('preHandler', async (request) => {
    if (!isGuarded(request, app.prefix) || (await isAdministrator(request))) return;
    const security = Body.optional(request).object('gotrue_meta_security') ?? {};
    const token = typeof security.captcha_token === 'string' ? security.captcha_token.trim() : '';
    await captcha.verify(token, requests.info(request).ip);
  });

  const isAdministrator = (request: FastifyRequest): Promise<boolean> =>
    requests.admin(request).then(
      () => true,
      () => false,
    );
}

function isGuarded(request: FastifyRequest, prefix: string): boolean {
  const path = (request.routeOptions.url ?? '').slice(prefix.length);
  if (request.method !== 'POST' || !GUARDED.includes(path)) return false;
  return path !== '/token' || !FREE_GRANTS.includes(queryOf(request).get('grant_type') ?? '');
}
