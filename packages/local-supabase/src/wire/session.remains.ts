import type { Backend, Tenant } from './backend.ts';
import { closeStatement, query, sync } from './messages.ts';
import type { PreparedStatements } from './prepared.statements.ts';

/** What a session has left behind whose client is gone. */
export interface Remains {
  /** It still has the backend. */
  readonly owning: boolean;
  /** In the middle of a transaction, or of a message. */
  readonly open: boolean;
  readonly temporary: boolean;
  readonly statements: PreparedStatements;
}

const NO_LISTENER = {
  output: (_bytes: Uint8Array, taken: () => void): void => taken(),
};

/** Rolls back what was left open, clears away what was left behind, and gives the backend to the next in line. */
export async function clearAway(session: Tenant, backend: Backend, remains: Remains): Promise<void> {
  const { owning, open, temporary, statements } = remains;
  try {
    if (!owning && !temporary && [...statements.known(backend.generation)].length === 0) return;
    if (!owning) await backend.acquire(session);
    if (open) await backend.run(Buffer.concat([sync(), query('rollback')]), NO_LISTENER);
    const closes = [...statements.known(backend.generation)].map(closeStatement);
    if (closes.length > 0) await backend.run(Buffer.concat([...closes, sync()]), NO_LISTENER);
    if (temporary) await backend.ask('discard temp');
  } catch {
    // A backend that was lost has nothing of this session left either.
  } finally {
    session.settingsUnknown = true;
    backend.release(session);
  }
}
