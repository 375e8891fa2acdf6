import { randomInt, randomUUID } from 'node:crypto';
import { expectDocumented } from './worker.js';

/** One answer, read to its end. `T` is what the test expects of the body. */
export interface Answer<T = Record<string, unknown>> {
  status: number;
  headers: Headers;
  body: T;
}

/** Somebody who calls the API from an address of his own, with or without a token. */
export class Caller {
  readonly address = `10.${String(randomInt(256))}.${String(randomInt(256))}.${String(randomInt(1, 255))}`;

  constructor(
    readonly url: string,
    readonly token?: string,
    readonly user?: { id: string; email: string; password: string; refreshToken: string },
  ) {}

  get<T>(path: string, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.send<T>('GET', path, undefined, headers);
  }
  post<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.send<T>('POST', path, body, headers);
  }
  put<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.send<T>('PUT', path, body, headers);
  }
  patch<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.send<T>('PATCH', path, body, headers);
  }
  delete<T>(path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer<T>> {
    return this.send<T>('DELETE', path, body, headers);
  }

  /** A body that is a string goes out as it is; anything else as JSON. */
  async send<T>(
    method: string,
    path: string,
    body?: unknown,
    headers: Record<string, string> = {},
  ): Promise<Answer<T>> {
    const response = await fetch(`${this.url}${path}`, {
      method,
      redirect: 'manual',
      headers: {
        'x-forwarded-for': this.address,
        ...(this.token === undefined ? {} : { authorization: `Bearer ${this.token}` }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type')?.includes('json') ?? false;
    const answer = (json && text !== '' ? JSON.parse(text) : text) as T;
    expectDocumented(method, path, response.status, answer);
    return { status: response.status, headers: response.headers, body: answer };
  }
}

export const PASSWORD = 'correct horse battery';

export function newEmail(): string {
  return `${randomUUID()}@example.com`;
}

interface SignInAnswer {
  access_token: string;
  refresh_token: string;
  user: { id: string; email: string };
}

/** A new user, signed up through the API. */
export async function signUp(url: string, email = newEmail(), password = PASSWORD): Promise<Caller> {
  const answer = await new Caller(url).post<SignInAnswer>('/api/auth/signup', { email, password });
  if (answer.status !== 201) throw new Error(`Sign-up failed: ${JSON.stringify(answer.body)}`);
  const { access_token, refresh_token, user } = answer.body;
  return new Caller(url, access_token, { id: user.id, email, password, refreshToken: refresh_token });
}
