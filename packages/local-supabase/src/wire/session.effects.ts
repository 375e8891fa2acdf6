import type { Backend, Tenant } from './backend.ts';
import type { PreparedStatements } from './prepared.statements.ts';
import type { Effect } from './statement.rules.ts';

/** Books what a session's statements, now committed, have done to its own state and to what the backend shares. */
export async function applyEffects(
  effects: readonly Effect[],
  session: Tenant,
  backend: Backend,
  statements: PreparedStatements,
): Promise<void> {
  for (const effect of effects) {
    switch (effect.kind) {
      case 'listen':
        backend.channels.listen(effect.channel, session);
        break;
      case 'unlisten':
        backend.channels.unlisten(effect.channel, session);
        break;
      case 'unlisten-all':
        backend.channels.unlistenAll(session);
        break;
      case 'deallocate-all':
        statements.clear();
        backend.generation += 1;
        break;
      case 'discard-all':
        statements.clear();
        backend.generation += 1;
        backend.channels.unlistenAll(session);
        await backend.capture(session);
        session.settings = session.baseline;
        await backend.restoreChannels();
        break;
      case 'reset':
        await backend.capture(session);
        break;
      case 'settings':
      case 'timeouts':
      case 'local-timeout':
      case 'temporary':
        break;
    }
  }
}
