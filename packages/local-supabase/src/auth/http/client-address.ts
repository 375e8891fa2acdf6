import { isIP } from 'node:net';
import type { FastifyRequest } from 'fastify';
import type { KeyRing } from '../../context.ts';

/** The address of the socket, or the first one of `X-Forwarded-For`. For records only: a client can write anything. */
export function clientAddress(request: FastifyRequest): string {
  return firstAddress(request.headers['x-forwarded-for']) ?? request.ip;
}

/**
 * The address that rate limits count: what a server with the secret key says of its own client
 * (`Sb-Forwarded-For`, else `X-Forwarded-For`). Undefined where nobody entitled said anything.
 */
export function forwardedAddress(request: FastifyRequest, keys: KeyRing): string | undefined {
  if (!hasSecretKey(request, keys)) return undefined;
  return (
    firstAddress(request.headers['sb-forwarded-for']) ?? firstAddress(request.headers['x-forwarded-for'])
  );
}

function hasSecretKey(request: FastifyRequest, keys: KeyRing): boolean {
  const bearer = /^bearer (\S+)$/i.exec(request.headers.authorization ?? '')?.[1];
  return [request.headers.apikey, bearer].some(
    (key) => key === keys.secretKey || key === keys.serviceRoleKey,
  );
}

function firstAddress(header: string | string[] | undefined): string | undefined {
  const text = Array.isArray(header) ? header.join(',') : (header ?? '');
  return text
    .split(',')
    .map((part) => part.trim())
    .find((part) => isIP(part) !== 0);
}
