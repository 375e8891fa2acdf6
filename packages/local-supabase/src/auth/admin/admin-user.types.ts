import type { JsonObject } from '../users/user.types.ts';

/** What an administrator may set of a user. Empty strings and undefined mean unchanged. */
export interface AdminUserInput {
  id: string;
  aud: string;
  role: string;
  email: string;
  phone: string;
  password: string | undefined;
  passwordHash: string;
  emailConfirm: boolean;
  phoneConfirm: boolean;
  userMetadata: JsonObject | undefined;
  appMetadata: JsonObject | undefined;
  banDuration: string;
}
