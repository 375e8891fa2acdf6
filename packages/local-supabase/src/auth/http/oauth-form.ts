import type { FastifyRequest } from 'fastify';
import { OAuthError } from '../errors/oauth-error.ts';
import type { ClientCredentials } from '../oauth-server/oauth-token.service.ts';

/** The parameters of a token request: a form, or JSON. */
export function readForm(request: FastifyRequest): (name: string) => string {
  const text = typeof request.body === 'string' ? request.body : '';
  if (!(request.headers['content-type'] ?? '').includes('application/json')) {
    const form = new URLSearchParams(text);
    return (name) => form.get(name) ?? '';
  }
  const members = parsed(text);
  return (name) => {
    const value = Object.hasOwn(members, name) ? members[name] : undefined;
    return typeof value === 'string' ? value : '';
  };
}

function parsed(text: string): Record<string, unknown> {
  try {
    return Object(JSON.parse(text)) as Record<string, unknown>;
  } catch {
    throw new OAuthError('invalid_request', 'Invalid JSON body');
  }
}

/** Who sends a token request: by the header, or by the form. */
export function clientCredentials(
  request: FastifyRequest,
  form: (name: string) => string,
): ClientCredentials {
  const [, encoded] = /^basic +(\S+)$/i.exec(request.headers.authorization ?? '') ?? [];
  if (encoded !== undefined) {
    const [id = '', ...secret] = Buffer.from(encoded, 'base64').toString().split(':');
    return { id: decoded(id), secret: decoded(secret.join(':')), method: 'client_secret_basic' };
  }
  const secret = form('client_secret');
  return { id: form('client_id'), secret, method: secret === '' ? 'none' : 'client_secret_post' };
}

/** RFC 6749, 2.3.1: both parts are form-encoded. */
function decoded(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    return text;
  }
}
