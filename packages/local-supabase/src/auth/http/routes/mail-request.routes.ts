import type { FastifyInstance, FastifyRequest } from 'fastify';
import { refuse } from '../../errors/catalogue.ts';
import type { AuthServices } from '../../services.ts';
import { readChallenge, type Challenge } from '../../tokens/pkce.ts';
import { Body } from '../body.ts';

/** POST /recover, /otp, /magiclink and /resend: requests that end in a mail or a code to a phone. */
export function mailRequestRoutes(app: FastifyInstance, services: AuthServices): void {
  const { limits, mailRequests, phoneOtp, requests, resending } = services;
  const challengeOf = (body: Body): Challenge | undefined =>
    readChallenge(body.string('code_challenge'), body.string('code_challenge_method'));

  const magicLink = async (request: FastifyRequest, body: Body, createUser: boolean): Promise<object> => {
    const data = body.object('data') ?? {};
    const email = body.string('email');
    await mailRequests.magicLink(
      { email, data, createUser, challenge: challengeOf(body) },
      requests.info(request),
    );
    return {};
  };

  app.post('/recover', async (request) => {
    limits.check('recover', request);
    const body = Body.of(request);
    await mailRequests.recover(body.string('email'), challengeOf(body), requests.info(request));
    return {};
  });

  app.post('/otp', async (request) => {
    limits.check('otp', request);
    const body = Body.of(request);
    const email = body.string('email');
    const phone = body.string('phone');
    if (email !== '' && phone !== '') {
      throw refuse.validation('Only an email address or phone number should be provided');
    }
    if (email !== '' && body.string('channel') !== '') {
      throw refuse.validation('Channel should only be specified with Phone OTP');
    }
    const createUser = body.boolean('create_user', true);
    if (phone !== '') {
      challengeOf(body);
      const asked = { phone, channel: body.string('channel'), data: body.object('data') ?? {}, createUser };
      const id = await phoneOtp.request(asked, requests.info(request));
      return id === undefined ? {} : { message_id: id };
    }
    if (email === '') throw refuse.validation('One of email or phone must be set');
    return magicLink(request, body, createUser);
  });

  app.post('/magiclink', async (request) => {
    limits.check('magiclink', request);
    const body = Body.of(request);
    if (body.string('email') === '') throw refuse.unprocessable('Password recovery requires an email');
    return magicLink(request, body, true);
  });

  app.post('/resend', async (request) => {
    limits.check('resend', request);
    const body = Body.of(request);
    const [type, email, phone] = [body.string('type'), body.string('email'), body.string('phone')];
    const challenge = type === 'signup' || type === 'email_change' ? challengeOf(body) : undefined;
    const id = await resending.resend({ type, email, phone, challenge }, requests.info(request));
    return id === undefined ? {} : { message_id: id };
  });
}
