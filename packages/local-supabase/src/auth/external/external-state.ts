import { randomUUID } from 'node:crypto';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { isUuid } from '../http/uuid.ts';
import type { Challenge } from '../tokens/pkce.ts';

/** What a sign-in with a provider has to know when the browser comes back. */
interface SignInState {
  readonly provider: string;
  /** Where the browser goes afterwards; checked against the allow list when the sign-in began. */
  readonly referrer: string;
  readonly inviteToken: string;
  /** The user whom the identity is linked to, or empty. */
  readonly linkingTargetId: string;
  /** Where the secret of our own PKCE with the provider is kept, or empty. */
  readonly clientStateId: string;
}

/** A sign-in that is under way; its id is the `state` that goes to the provider and comes back. */
export interface ExternalState extends SignInState {
  readonly id: string;
  /** Whether the client exchanges a code of ours, rather than take its session from the address. */
  readonly isPkce: boolean;
}

/** Milliseconds a user has at the provider. */
const LIFETIME = 5 * 60 * 1000;

/** Keeps a sign-in until the browser is back, as a row of `auth.flow_state`, and answers its state. */
export async function insertState(
  db: Executor,
  state: SignInState & { readonly challenge: Challenge | undefined; readonly emailOptional: boolean },
): Promise<string> {
  const id = randomUUID();
  const { challenge } = state;
  await db.query(
    `insert into auth.flow_state (id, auth_code, code_challenge_method, code_challenge, provider_type,
       provider_access_token, provider_refresh_token, authentication_method, referrer, invite_token, linking_target_id,
       oauth_client_state_id, email_optional, created_at, updated_at)
     values ($1, $2, $3, $4, $5, '', '', 'oauth', $6, nullif($7, ''), nullif($8, '')::uuid, nullif($9, '')::uuid, $10,
       now(), now())`,
    [
      id,
      challenge === undefined ? null : randomUUID(),
      challenge?.method ?? null,
      challenge?.challenge ?? null,
      state.provider,
      state.referrer,
      state.inviteToken,
      state.linkingTargetId,
      state.clientStateId,
      state.emailOptional,
    ],
  );
  return id;
}

/** The sign-in whose state came back. Refused when there is none, or it is too old or over. */
export async function readState(db: Executor, text: string): Promise<ExternalState> {
  if (text === '') throw new AuthError(400, 'bad_oauth_callback', 'OAuth state parameter missing');
  if (!isUuid(text)) throw badState('OAuth state parameter is invalid');
  const { rows } = await db.query<ExternalState & { userId: string | null; createdAt: Date }>(
    `select id, provider_type as provider, coalesce(referrer, '') as referrer,
       coalesce(invite_token, '') as "inviteToken", coalesce(linking_target_id::text, '') as "linkingTargetId",
       coalesce(oauth_client_state_id::text, '') as "clientStateId", code_challenge is not null as "isPkce",
       user_id as "userId", created_at as "createdAt"
     from auth.flow_state where id = $1 and authentication_method = 'oauth'`,
    [text],
  );
  const [state] = rows;
  if (state === undefined) throw stateNotFound();
  if (state.createdAt.getTime() + LIFETIME < Date.now()) throw badState('OAuth state has expired');
  if (state.userId !== null) throw stateUsed();
  return state;
}

export const stateNotFound = (): AuthError => badState('OAuth state not found or expired');
export const stateUsed = (): AuthError =>
  new AuthError(400, 'flow_state_already_used', 'State has already been used');

const badState = (message: string): AuthError => new AuthError(400, 'bad_oauth_state', message);
