import { violates } from '../errors/database-refusal.ts';
import { EmailTakenError } from '../signup/new-user.ts';
import { refuse } from '../errors/catalogue.ts';

/** Runs `work` again when another sign-in of the same person just made his account: the second run finds it. */
export async function retryRace<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!isRace(error)) throw error;
    return work().catch((again: unknown) => {
      throw again instanceof EmailTakenError ? refuse.emailExists() : again;
    });
  }
}

function isRace(error: unknown): boolean {
  return error instanceof EmailTakenError || violates(error, 'identities_provider_id_provider_unique');
}
