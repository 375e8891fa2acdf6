import type { NewUser } from '../users/users.repository.ts';

/** Go's zero time: nobody has stored the user yet. */
const NEVER = '0001-01-01T00:00:00Z';

/** GoTrue's JSON of a user who does not exist yet. */
export function newUserJson(user: NewUser): Record<string, unknown> {
  return {
    id: user.id,
    aud: user.aud,
    role: '',
    email: user.email ?? '',
    phone: user.phone ?? '',
    app_metadata: user.appMetadata,
    user_metadata: user.userMetadata,
    identities: [],
    created_at: NEVER,
    updated_at: NEVER,
    is_anonymous: user.isAnonymous,
  };
}
