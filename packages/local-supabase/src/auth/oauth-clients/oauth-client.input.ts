import { refuse } from '../errors/catalogue.ts';
import type { Body } from '../http/body.ts';
import type { ClientType } from './oauth-clients.repository.ts';

/** What a client may say of itself; undefined is unchanged. */
export interface OAuthClientInput {
  readonly redirectUris: readonly string[] | undefined;
  readonly grantTypes: readonly string[] | undefined;
  readonly name: string | undefined;
  readonly clientUri: string | undefined;
  readonly logoUri: string | undefined;
  readonly clientType: string;
  readonly authMethod: string | undefined;
}

/** How clients of each type prove who they are. */
export const AUTH_METHODS: Readonly<Record<ClientType, readonly string[]>> = {
  public: ['none'],
  confidential: ['client_secret_basic', 'client_secret_post'],
};

const GRANTS = ['authorization_code', 'refresh_token'];
/** Schemes that a browser runs instead of opening. */
const DANGEROUS = new Set(['javascript:', 'data:', 'file:', 'vbscript:', 'about:', 'blob:']);
const LOOPBACK = new Set(['localhost', '127.0.0.1', '[::1]']);

/** Reads and checks the body; the rules and texts are GoTrue's. */
export function readOAuthClient(body: Body): OAuthClientInput {
  const input: OAuthClientInput = {
    redirectUris: body.strings('redirect_uris'),
    grantTypes: body.strings('grant_types'),
    name: body.optionalString('client_name'),
    clientUri: body.optionalString('client_uri'),
    logoUri: body.optionalString('logo_uri'),
    clientType: body.string('client_type'),
    authMethod: body.optionalString('token_endpoint_auth_method'),
  };
  if (input.redirectUris !== undefined) checkRedirects(input.redirectUris);
  if (input.grantTypes?.some((grant) => !GRANTS.includes(grant))) {
    throw refuse.validation("grant_types must only contain 'authorization_code' and/or 'refresh_token'");
  }
  if ((input.name ?? '').length > 1024) {
    throw refuse.validation('client_name cannot exceed 1024 characters');
  }
  checkUri('client_uri', input.clientUri);
  checkUri('logo_uri', input.logoUri);
  checkMethod(input);
  return input;
}

/** The client's type, by what it says or by how it proves who it is. */
export function clientTypeOf({ clientType, authMethod }: OAuthClientInput): ClientType {
  if (clientType === 'public' || clientType === 'confidential') return clientType;
  return authMethod === 'none' ? 'public' : 'confidential';
}

function checkMethod(input: OAuthClientInput): void {
  const { clientType, authMethod } = input;
  if (clientType !== '' && clientType !== 'public' && clientType !== 'confidential') {
    throw refuse.validation("client_type must be 'public' or 'confidential'");
  }
  const all = Object.values(AUTH_METHODS).flat();
  if (authMethod === undefined || authMethod === '') return;
  if (!all.includes(authMethod)) {
    throw refuse.validation(`token_endpoint_auth_method must be one of: [${all.join(' ')}]`);
  }
  if (clientType !== '' && !AUTH_METHODS[clientTypeOf(input)].includes(authMethod)) {
    const message = `token_endpoint_auth_method '${authMethod}' is not valid for client_type '${clientType}'`;
    throw refuse.validation(message);
  }
}

function checkRedirects(uris: readonly string[]): void {
  if (uris.length === 0) throw refuse.validation('redirect_uris is required');
  if (uris.length > 10) throw refuse.validation('redirect_uris cannot exceed 10 items');
  for (const uri of uris) {
    const fault = redirectFault(uri);
    if (fault !== undefined) throw refuse.validation(`invalid redirect_uri '${uri}': ${fault}`);
  }
}

function redirectFault(uri: string): string | undefined {
  if (uri === '') return 'redirect URI cannot be empty';
  const url = URL.parse(uri);
  if (url === null) return 'must have scheme and host';
  if (DANGEROUS.has(url.protocol)) {
    return `scheme '${url.protocol.slice(0, -1)}' is not allowed for security reasons`;
  }
  if (url.host === '') return 'must have scheme and host';
  if (url.protocol === 'http:' && !LOOPBACK.has(url.hostname))
    return 'HTTP scheme only allowed for localhost';
  if (url.hash !== '') return 'fragment not allowed in redirect URI';
  // The column separates addresses by commas.
  return uri.includes(',') ? 'commas are not allowed' : undefined;
}

function checkUri(name: string, uri: string | undefined): void {
  if (uri === undefined || uri === '') return;
  if (uri.length > 2048) throw refuse.validation(`${name} cannot exceed 2048 characters`);
  if (!URL.canParse(uri)) throw refuse.validation(`${name} must be a valid URL`);
}
