import type { Executor } from '../database/executor.ts';
import { insertFlowState } from '../tokens/flow-states.repository.ts';
import type { Challenge } from '../tokens/pkce.ts';
import type { AuthUser } from '../users/user.types.ts';

/** What a mail starts is finished by the client that asked for it, if it said how to know it. */
export async function rememberChallenge(
  tx: Executor,
  user: AuthUser,
  challenge: Challenge | undefined,
  method: string,
): Promise<void> {
  if (challenge === undefined) return;
  await insertFlowState(tx, { ...challenge, userId: user.id, provider: method, authentication: method });
}
