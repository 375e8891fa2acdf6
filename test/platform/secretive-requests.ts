import { totp } from '../auth-more/totp.js';
import { Caller, newEmail, PASSWORD } from '../harness/caller.js';
import { EventSource } from '../harness/event-source.js';

/** Stands in whatever a request of these holds that is nobody else's business. */
export const MARK = 'to-look-for';

/** Secrets that do not hold the mark, as somebody else has made them up. */
export type Learned = (...secrets: string[]) => void;

const FORM = { 'content-type': 'application/x-www-form-urlencoded' };

/** Auth: passwords, tokens, codes, cookies. */
export async function askAuth(user: Caller, learn: Learned): Promise<void> {
  const stranger = new Caller(user.url);
  const email = newEmail();
  await stranger.post('/api/auth/login', { email: user.user?.email, password: `wrong-${MARK}` });
  await stranger.post('/api/auth/refresh', { refresh_token: `refresh-${MARK}` });
  await stranger.post('/api/auth/login', `{"password": "broken-body-${MARK}`, {});
  await stranger.post('/api/auth/otp', { email });
  await stranger.post('/api/auth/otp/verify', { email, token: `otp-${MARK}` });
  await stranger.post('/api/auth/otp/verify', { email, token: '123456', redirect_to: MARK });
  await stranger.post('/api/auth/id-token', { provider: 'acme', id_token: `a.${MARK}.c`, nonce: MARK });
  await stranger.post('/api/auth/password-reset', { email, redirect_url: `https://x.example/?t=${MARK}` });
  const form = { grant_type: 'password', username: email, password: `form-${MARK}`, client_secret: MARK };
  await stranger.post('/api/auth/token', new URLSearchParams(form).toString(), FORM);
  const begun = await stranger.get<{ url: string }>('/api/auth/oauth/acme');
  const cookie = (begun.headers.get('set-cookie') ?? '').replace(/;.*$/s, '');
  learn(cookie.replace(/^.*=/, ''), new URL(begun.body.url).searchParams.get('code_challenge') ?? '');
  await stranger.get(`/api/auth/callback?code=code-${MARK}&state=${MARK}`, { cookie });
  await stranger.get(`/api/auth/callback?error=x&error_description=${MARK}`, { cookie: `a=${MARK}` });
  await user.put('/api/auth/session-data', { data: { note: MARK } });
  const factor = await user.post<{ id: string; totp: { secret: string; uri: string } }>(
    '/api/auth/mfa/factors',
    { friendly_name: `factor-${MARK}` },
  );
  const {
    id,
    totp: { secret, uri },
  } = factor.body;
  const at = `/api/auth/mfa/factors/${id}`;
  const challenge = await user.post<{ id: string }>(`${at}/challenge`);
  const answer = { challenge_id: challenge.body.id, code: totp(secret) };
  const raised = await user.post<{ access_token: string; refresh_token: string }>(`${at}/verify`, answer);
  learn(secret, uri, `"${answer.code}"`);
  learn(raised.body.access_token, raised.body.refresh_token);
  await new Caller(user.url, `a.${MARK}.c`).get('/api/credits', { cookie: `session=${MARK}` });
  await stranger.get(`/api/credits?access_token=${MARK}&apikey=${MARK}`);
}

/** Storage: bodies, names, signed URLs. */
export async function askStorage(user: Caller, learn: Learned): Promise<void> {
  const bucket = '/api/storage/buckets/user-files';
  const path = `${user.user?.id ?? ''}/file-${MARK}.txt`;
  const text = { 'content-type': 'text/plain', 'x-metadata': MARK };
  await user.send('POST', `${bucket}/objects/${path}`, `body-${MARK}`, text);
  await user.send('POST', `${bucket}/objects/${path}?token=${MARK}`, `body-${MARK}`, text);
  await user.get(`${bucket}/objects/${path}`, { 'if-none-match': `"${MARK}"` });
  await user.get(`${bucket}/objects?prefix=${MARK}`);
  const signed = await user.post<{ signed_url?: string }>(`${bucket}/signed-urls`, { path });
  const upload = await user.post<{ token?: string }>(`${bucket}/signed-upload-urls`, { path: `${path}.2` });
  const token = URL.parse(signed.body.signed_url ?? '')?.searchParams.get('token');
  learn(...[token, upload.body.token].filter((secret) => typeof secret === 'string'));
  await user.post(`${bucket}/move`, { source_path: `no-${MARK}`, destination_path: MARK });
  await user.delete(`${bucket}/objects`, { paths: [path] });
}

/** Functions, tables, channels and the service's own rooms: bodies, headers, queries, events. */
export async function askTheRest(user: Caller): Promise<void> {
  const headers = { 'x-api-key': MARK, 'x-webhook-signature': MARK, cookie: `a=${MARK}` };
  await user.post(`/api/functions/hello?token=${MARK}`, { name: MARK }, headers);
  await user.post(`/api/functions/no-such-function?token=${MARK}`, { name: MARK }, headers);
  await user.post('/api/database/notes', { body: `row-${MARK}` });
  await user.post('/api/database/notes', { id: `no-number-${MARK}` });
  await user.get(`/api/database/notes?body=eq.${MARK}`);
  await user.get(`/api/database/notes?id=eq.no-number-${MARK}`);
  await user.post('/api/database/rpc/add', { a: MARK, b: MARK });
  await user.post('/api/credits/rates', { description: MARK });
  await user.post('/api/users/supabase_users', { email: newEmail(), password: MARK });
  const channel = `room-${MARK}`;
  const made = await user.post<{ subscription_id?: string }>('/api/realtime/subscriptions', { channel });
  const { subscription_id: id } = made.body;
  const events =
    id === undefined ? undefined : await EventSource.open(user, `/api/realtime/subscriptions/${id}/events`);
  const event = { event: 'message', payload: { text: MARK } };
  await user.post(`/api/realtime/channels/${channel}/broadcast`, event);
  if (id !== undefined) await events?.atLeast(1);
  events?.close();
  await user.delete('/api/realtime/subscriptions');
}

/** What a user brings along that must not be logged. */
export const secretsOf = ({ token = '', user }: Caller): string[] => [
  PASSWORD,
  token,
  user?.refreshToken ?? '',
];
