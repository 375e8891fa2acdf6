import type { RequestScope } from './caller.ts';

/**
 * The one statement that makes a transaction the caller's: role and claims, and what policies may ask about the request.
 * Everything is local to the transaction, so nothing reaches the next user of the connection.
 *
 * `storage.allow_delete_query` opens the triggers that keep plain SQL from deleting rows whose files would be left behind.
 * @param scope - who asks, and for what
 */
export function scopeStatement(scope: RequestScope): { text: string; values: string[] } {
  const settings: Record<string, string> = {
    role: scope.caller.role,
    'request.jwt.claim.role': scope.caller.role,
    'request.jwt': scope.caller.token,
    'request.jwt.claim.sub': scope.caller.claims.sub ?? '',
    'request.jwt.claims': JSON.stringify(scope.caller.claims),
    'request.headers': JSON.stringify(scope.headers),
    'request.method': scope.method,
    'request.path': scope.path,
    'storage.operation': scope.operation,
    'storage.allow_delete_query': 'true',
    search_path: 'storage, public, extensions',
  };
  const names = Object.keys(settings);
  return {
    text: `select ${names.map((name, index) => `set_config('${name}', $${index + 1}, true)`).join(', ')}`,
    values: Object.values(settings),
  };
}
