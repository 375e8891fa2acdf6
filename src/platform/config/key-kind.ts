/**
 * What a key of Supabase lets its holder do, as far as it says so itself: by its beginning, or, as legacy keys are JWTs, by the
 * role in it.
 * @returns undefined where it says nothing
 */
export function kindOfKey(key: unknown): 'publishable' | 'secret' | undefined {
  if (typeof key !== 'string') return undefined;
  if (key.startsWith('sb_publishable_')) return 'publishable';
  if (key.startsWith('sb_secret_')) return 'secret';
  try {
    const payload = Buffer.from(key.split('.')[1] ?? '', 'base64url').toString('utf8');
    const { role } = JSON.parse(payload) as { role?: unknown };
    return role === 'anon' ? 'publishable' : role === 'service_role' ? 'secret' : undefined;
  } catch {
    return undefined;
  }
}
