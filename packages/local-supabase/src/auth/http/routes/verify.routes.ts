import type { FastifyInstance } from 'fastify';
import { AuthError } from '../../errors/auth-error.ts';
import { refuse } from '../../errors/catalogue.ts';
import { readPhone } from '../../phone/phone-number.ts';
import type { TokenResponse } from '../../sessions/session-issuer.ts';
import type { RequestInfo } from '../request-info.ts';
import type { AuthServices } from '../../services.ts';
import { OTHER_ADDRESS_MESSAGE, outcomeUrl, refusalUrl } from '../../verification/link-outcome.ts';
import { readVerifyLink, readVerifyRequest } from '../../verification/verify-request.ts';
import { Body } from '../body.ts';
import { queryOf } from '../request-reader.ts';

/** POST /verify for clients, GET /verify for the links in mails. */
export function verifyRoutes(app: FastifyInstance, services: AuthServices): void {
  const { limits, phoneOtp, requests, verification } = services;
  const verifyPhone = async (body: Body, phone: string, info: RequestInfo): Promise<TokenResponse> => {
    const type = body.string('type');
    if (type === '') throw refuse.validation('Verify requires a verification type');
    const digits = readPhone(phone);
    // Nobody has a code of such a type.
    if (type !== 'sms' && type !== 'phone_change') throw refuse.otpExpired();
    return phoneOtp.verify({ type, phone: digits, code: body.string('token') }, info);
  };

  app.post('/verify', async (request) => {
    limits.check('verify', request);
    const body = Body.of(request);
    const phone = body.string('phone');
    if (phone !== '' && body.string('email') === '' && body.string('token') !== '') {
      return verifyPhone(body, phone, requests.info(request));
    }
    const asked = readVerifyRequest({
      type: body.string('type'),
      token: body.string('token'),
      tokenHash: body.string('token_hash'),
      email: body.string('email'),
      phone: body.string('phone'),
      redirectTo: body.string('redirect_to'),
    });
    const outcome = await verification.verify(asked, requests.info(request));
    return outcome.kind === 'session' ? outcome.session : { code: '200', msg: OTHER_ADDRESS_MESSAGE };
  });

  // No HEAD: whoever only looks at a link must not use it up.
  app.get('/verify', { exposeHeadRoute: false }, async (request, reply) => {
    limits.check('verify', request);
    const query = queryOf(request);
    const token = query.get('token') ?? '';
    const link = readVerifyLink({ token, type: query.get('type') ?? '' });
    const info = requests.info(request);
    try {
      const outcome = await verification.followLink(link, info);
      return await reply.redirect(outcomeUrl(info.redirectTo, outcome, token), 303);
    } catch (error) {
      if (!(error instanceof AuthError)) throw error;
      return reply.redirect(refusalUrl(info.redirectTo, error, token), 303);
    }
  });
}
