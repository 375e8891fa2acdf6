import { Caller, PASSWORD } from '../../harness/caller.js';

/** Another session of the same user. */
export async function signInAgain({ url, user }: Caller): Promise<Caller> {
  const { body } = await new Caller(url).post<{ access_token: string; refresh_token: string }>(
    '/api/auth/login',
    { email: user?.email, password: PASSWORD },
  );
  if (!user) throw new Error('nobody');
  return new Caller(url, body.access_token, { ...user, refreshToken: body.refresh_token });
}

/** Whether a caller's session is taken, as the status of a request. */
export const statusOf = async (caller: Caller): Promise<number> => (await caller.get('/api/auth/me')).status;

/** Whether it can be renewed. */
export const refreshStatus = async ({ url, user }: Caller): Promise<number> =>
  (await new Caller(url).post('/api/auth/refresh', { refresh_token: user?.refreshToken })).status;
