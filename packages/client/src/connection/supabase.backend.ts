import {
  ApiError,
  AuthenticationError,
  NetworkError,
  ValidationError,
  type ErrorAnswer,
} from '../client/errors.ts';
import { readError } from '../client/read-error.ts';
import type { Credentials } from '../credentials/credentials.types.ts';
import type { Backend, EmailAndPassword, SignedUp } from './backend.types.ts';

/** A session, a user, or both, as Supabase Auth answers. */
interface Answer {
  access_token?: string;
  refresh_token?: string;
  user?: User;
  id?: string;
  email?: string;
}
interface User {
  id: string;
  email?: string;
}

/** A Supabase without a Supanest API in front of it. */
export function supabaseBackend(url: string, key: string): Backend {
  const post = async (path: string, body: object): Promise<Answer> => {
    const response = await send(`${url}/auth/v1/${path}`, {
      method: 'POST',
      headers: { apikey: key, 'content-type': 'application/json' },
      body: JSON.stringify(body),
    });
    if (response.ok) return (await response.json()) as Answer;
    throw await refusal(response);
  };
  return {
    kind: 'supabase',
    url,
    key,
    signIn: async (who) => signedUp(await post('token?grant_type=password', who)),
    signUp: async ({ email, password }: EmailAndPassword) =>
      signedUp(await post('signup', { email, password })),
    refresh: async (refreshToken) => {
      const { credentials } = signedUp(
        await post('token?grant_type=refresh_token', { refresh_token: refreshToken }),
      );
      if (!credentials) throw new TypeError('Supabase answered without tokens');
      return credentials;
    },
  };
}

/** As `fetch`, with an error of ours when nobody answers. */
export async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (error) {
    throw new NetworkError(url, error);
  }
}

/** Supabase says 400 for a wrong password and for a dead refresh token; its codes tell them from other faults. */
const AUTHENTICATION = /^(invalid_credentials|refresh_token_|session_|user_not_found|bad_jwt)/;

async function refusal(response: Response): Promise<ApiError> {
  const body = (await response
    .clone()
    .json()
    .catch(() => ({}))) as { error_code?: string; msg?: string; message?: string };
  const { requestId, retryAfter, ...error } = await readError(response);
  const answer: ErrorAnswer = {
    status: response.status,
    code: body.error_code ?? error.code,
    detail: body.msg ?? body.message ?? error.detail,
    requestId,
    retryAfter,
    errors: [],
  };
  if (response.status === 401 || AUTHENTICATION.test(answer.code)) return new AuthenticationError(answer);
  return response.status === 400 || response.status === 422
    ? new ValidationError(answer)
    : new ApiError(answer);
}

function signedUp({ access_token, refresh_token, user, id, email }: Answer): SignedUp {
  const who = user ?? { id: id ?? '', email };
  const credentials: Credentials | null =
    access_token && refresh_token ? { accessToken: access_token, refreshToken: refresh_token } : null;
  return { user: { id: who.id, email: who.email ?? null }, credentials };
}
