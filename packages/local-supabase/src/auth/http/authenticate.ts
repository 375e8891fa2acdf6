import type { JWTPayload } from 'jose';
import type { FastifyRequest } from 'fastify';
import type { Executor } from '../database/executor.ts';
import type { KeyRing } from '../../context.ts';
import { refuse } from '../errors/catalogue.ts';
import { findSession, type SessionRow } from '../sessions/sessions.repository.ts';
import { findUser } from '../users/users.repository.ts';
import { isBanned, type AuthUser } from '../users/user.types.ts';
import { NIL_UUID } from '../database/executor.ts';
import { bearerClaims } from './bearer.ts';
import { isUuid } from './uuid.ts';

/** A signed-in user as his token names him. */
export interface Principal {
  readonly claims: JWTPayload;
  readonly user: AuthUser;
  /** Undefined for a token without a session, as somebody may sign himself with the JWT secret. */
  readonly session: SessionRow | undefined;
}

/** Roles that may use the admin API. */
const ADMIN_ROLES = new Set(['service_role', 'supabase_admin']);

/** The user of the request's token; refused when the token is bad, or he or his session is gone. */
export async function requireUser(request: FastifyRequest, keys: KeyRing, db: Executor): Promise<Principal> {
  const claims = await bearerClaims(request, keys);
  if (claims.sub === undefined || claims.sub === '') throw refuse.badJwt('invalid claim: missing sub claim');
  if (!isUuid(claims.sub)) throw refuse.badJwt('invalid claim: sub claim must be a UUID', 400);
  const user = await findUser(db, claims.sub);
  if (user === undefined) throw refuse.subjectNotFound();
  const session = await sessionOf(claims, db);
  if (isBanned(user)) throw refuse.banned(403);
  return { claims, user, session };
}

/** Passes only tokens of an administrator; answers their role. */
export async function requireAdmin(request: FastifyRequest, keys: KeyRing): Promise<string> {
  const { role } = await bearerClaims(request, keys);
  if (typeof role !== 'string' || !ADMIN_ROLES.has(role)) throw refuse.notAdmin();
  return role;
}

async function sessionOf(claims: JWTPayload, db: Executor): Promise<SessionRow | undefined> {
  const id = claims.session_id;
  if (id === undefined || id === '' || id === NIL_UUID) return undefined;
  if (typeof id !== 'string' || !isUuid(id)) {
    throw refuse.badJwt('invalid claim: session_id claim must be a UUID');
  }
  const session = await findSession(db, id);
  if (session === undefined) throw refuse.sessionNotFound();
  return session;
}
