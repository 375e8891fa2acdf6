import type { FastifyReply, FastifyRequest } from 'fastify';
import { AuthError } from './auth-error.ts';
import { refuse } from './catalogue.ts';
import { databaseRefusal } from './database-refusal.ts';
import { OAuthError } from './oauth-error.ts';
import { DatabaseFault, readableFault } from './postgres-fault.ts';

/** Header by which a client asks for errors of a later version. */
export const API_VERSION_HEADER = 'x-supabase-api-version';
const VERSION_2024 = '2024-01-01';

/** Largest request body, bytes; GoTrue's. */
export const BODY_LIMIT = 1024 * 1024;

/** Writes `error` in the shape the client's API version has; what is not ours becomes GoTrue's plain 500. */
export async function replyWithError(
  error: unknown,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<void> {
  if (error instanceof OAuthError) {
    await reply.code(error.status).send({ error: error.error, error_description: error.message });
    return;
  }
  const refusal = asRefusal(error, request);
  const modern = wantsVersion2024(request.headers[API_VERSION_HEADER]);
  if (modern) reply.header('X-Supabase-Api-Version', VERSION_2024);
  reply.header('X-Sb-Error-Code', refusal.code).type('application/json');
  // Older clients are told what the project's own triggers and constraints said.
  const fault = !modern && refusal instanceof DatabaseFault ? readableFault(refusal) : undefined;
  if (fault !== undefined) await reply.code(fault.status).send(fault.body);
  else await reply.code(refusal.status).send(modern ? modernBody(refusal) : initialBody(refusal, request.id));
}

function asRefusal(error: unknown, request: FastifyRequest): AuthError {
  if (error instanceof AuthError) return error;
  if (isTooLarge(error)) return refuse.bodyTooLarge(BODY_LIMIT);
  if (isClientFault(error)) return new AuthError(error.statusCode, 'validation_failed', error.message);
  const refusal = databaseRefusal(error);
  if (refusal !== undefined) return refusal;
  request.log.error({ err: error }, 'auth: unexpected failure');
  return new AuthError(
    500,
    'unexpected_failure',
    'Unexpected failure, please check server logs for more information',
  );
}

function isTooLarge(error: unknown): boolean {
  return isClientFault(error) && error.statusCode === 413;
}

/** What Fastify refuses before a route is reached, such as a body that is too large. */
function isClientFault(error: unknown): error is Error & { statusCode: number } {
  return (
    error instanceof Error &&
    'statusCode' in error &&
    typeof error.statusCode === 'number' &&
    error.statusCode >= 400 &&
    error.statusCode < 500
  );
}

function initialBody(error: AuthError, requestId: string): Record<string, unknown> {
  return {
    code: error.status,
    error_code: error.code,
    msg: error.message,
    ...(error.status >= 500 && { error_id: requestId }),
    ...(error.reasons && { weak_password: { reasons: error.reasons } }),
  };
}

function modernBody(error: AuthError): Record<string, unknown> {
  return {
    code: error.code,
    message: error.message,
    ...(error.reasons && { weak_password: { reasons: error.reasons } }),
  };
}

/** GoTrue takes the closest version that is not later than the date asked for; a malformed date means the first one. */
function wantsVersion2024(header: string | string[] | undefined): boolean {
  const date = Array.isArray(header) ? header[0] : header;
  return date !== undefined && /^\d{4}-\d{2}-\d{2}$/.test(date) && date >= VERSION_2024;
}
