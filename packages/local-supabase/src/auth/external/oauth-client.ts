import {
  allowInsecureRequests,
  ClientSecretBasic,
  ClientSecretPost,
  customFetch,
  genericTokenEndpointRequest,
  processGenericTokenEndpointResponse,
  skipStateCheck,
  validateAuthResponse,
  type AuthorizationServer,
  type ClientAuth,
} from 'oauth4webapi';
import type { ExternalProviderConfig } from '../config/external-config.ts';
import { Document } from './document.ts';
import { TIMEOUT } from './oidc/issuer-directory.ts';
import type { Endpoints, ProviderTokens } from './provider.types.ts';

/** Bytes of a provider's answer that are read. */
const MAX_ANSWER = 1024 * 1024;

/**
 * Exchanges the code in `callback` for tokens. As GoTrue's client does, it names itself by HTTP Basic first and in the body
 * when that is refused: providers differ. Rejects when neither is accepted.
 */
export async function exchangeCode(
  config: ExternalProviderConfig,
  endpoints: Endpoints,
  callback: URLSearchParams,
  codeVerifier: string | undefined,
): Promise<ProviderTokens> {
  const attempt = (authentication: ClientAuth): Promise<ProviderTokens> =>
    exchange(config, endpoints, callback, codeVerifier, authentication);
  try {
    return await attempt(ClientSecretBasic(config.secret));
  } catch (basic) {
    try {
      return await attempt(ClientSecretPost(config.secret));
    } catch (error) {
      throw Object.assign(new Error('The code was not accepted.', { cause: error }), { basic });
    }
  }
}

async function exchange(
  config: ExternalProviderConfig,
  endpoints: Endpoints,
  callback: URLSearchParams,
  codeVerifier: string | undefined,
  authentication: ClientAuth,
): Promise<ProviderTokens> {
  const server: AuthorizationServer = {
    issuer: endpoints.issuer ?? endpoints.authorize,
    token_endpoint: endpoints.token,
  };
  const client = { client_id: config.clientIds[0] };
  const parameters = new URLSearchParams(callback);
  // Only who published his name can be held to it.
  if (endpoints.issuer === undefined) parameters.delete('iss');
  parameters.delete('id_token');
  const { code = '' } = Object.fromEntries(validateAuthResponse(server, client, parameters, skipStateCheck));
  const response = await genericTokenEndpointRequest(
    server,
    client,
    authentication,
    'authorization_code',
    {
      code,
      redirect_uri: config.redirectUri,
      ...(codeVerifier !== undefined && { code_verifier: codeVerifier }),
    },
    { [allowInsecureRequests]: true, [customFetch]: boundedFetch, signal: AbortSignal.timeout(TIMEOUT) },
  );
  if (!response.ok) throw new Error(`The provider answered ${response.status} to the code.`);
  const answer = new Document(await response.json());
  const tokens = await processGenericTokenEndpointResponse(server, client, essentials(answer));
  return {
    accessToken: tokens.access_token,
    refreshToken: tokens.refresh_token ?? '',
    idToken: answer.text('id_token') || undefined,
    answer,
  };
}

/**
 * What the library checks of an answer. The rest differs from the standard too often (lists of scopes, no type of token), and
 * the ID token is verified with its issuer's keys afterwards.
 */
function essentials(answer: Document): Response {
  const refreshToken = answer.text('refresh_token');
  return Response.json({
    access_token: answer.at('access_token') ?? answer.at('authed_user', 'access_token'),
    token_type: 'bearer',
    ...(refreshToken !== '' && { refresh_token: refreshToken }),
  });
}

/** Reads a document of a provider's API as the user. Rejects unless the answer is JSON and a success. */
export async function readAsUser(
  url: string,
  accessToken: string,
  headers: Record<string, string> = {},
): Promise<Document> {
  const response = await boundedFetch(url, {
    headers: {
      accept: 'application/json',
      'user-agent': 'local-supabase',
      ...headers,
      authorization: `Bearer ${accessToken}`,
    },
    signal: AbortSignal.timeout(TIMEOUT),
  });
  if (!response.ok) throw new Error(`The provider answered ${response.status} to ${new URL(url).pathname}.`);
  return new Document(await response.json());
}

/** A provider that never stops talking must not fill the memory. */
async function boundedFetch(url: string, options: RequestInit): Promise<Response> {
  const response = await fetch(url, options);
  const parts: Uint8Array[] = [];
  let size = 0;
  for await (const part of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    size += part.byteLength;
    if (size > MAX_ANSWER) throw new Error('The provider’s answer is too large.');
    parts.push(part);
  }
  return new Response(size === 0 ? null : Buffer.concat(parts), {
    status: response.status,
    headers: response.headers,
  });
}
