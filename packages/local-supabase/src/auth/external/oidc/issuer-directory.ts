import { createRemoteJWKSet, type JWTVerifyGetKey } from 'jose';
import { allowInsecureRequests, discoveryRequest, processDiscoveryResponse } from 'oauth4webapi';

/** What an OpenID Connect provider publishes of itself. */
export interface Issuer {
  readonly issuer: string;
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly userinfoEndpoint: string | undefined;
  /** Its public keys, fetched when needed and again when they change. */
  readonly keys: JWTVerifyGetKey;
}

/** Milliseconds after which a provider's description is read again. */
const FRESH = 10 * 60_000;
/** Milliseconds for a provider to answer. */
export const TIMEOUT = 10_000;

/** Reads and remembers the descriptions of OpenID Connect providers. */
export class IssuerDirectory {
  readonly #known = new Map<string, { until: number; issuer: Promise<Issuer> }>();
  readonly #published = new Map<string, string>();

  /** Says where the description of an issuer is, if it is not where the standard has it. */
  publish(issuer: string, url: string): void {
    if (this.#published.get(issuer) === url) return;
    this.#published.set(issuer, url);
    this.#known.delete(issuer);
  }

  /** The description at `address`. Rejects when it cannot be read or is somebody else's. */
  find(address: string): Promise<Issuer> {
    const known = this.#known.get(address);
    if (known !== undefined && known.until > Date.now()) return known.issuer;
    const issuer = discover(address, this.#published.get(address));
    this.#known.set(address, { until: Date.now() + FRESH, issuer });
    // A failure is not remembered.
    issuer.catch(() => this.#known.delete(address));
    return issuer;
  }
}

async function discover(address: string, url: string | undefined): Promise<Issuer> {
  const signal = AbortSignal.timeout(TIMEOUT);
  const response =
    url === undefined
      ? // A provider of tests listens on loopback without TLS.
        await discoveryRequest(new URL(address), { [allowInsecureRequests]: true, signal })
      : await fetch(url, { signal, redirect: 'error' });
  const server = await processDiscoveryResponse(new URL(address), response);
  const { authorization_endpoint: authorize, token_endpoint: token, jwks_uri: keys } = server;
  if (authorize === undefined || token === undefined || keys === undefined) {
    throw new Error(`${address} publishes no endpoints.`);
  }
  return {
    issuer: server.issuer,
    authorizationEndpoint: authorize,
    tokenEndpoint: token,
    userinfoEndpoint: server.userinfo_endpoint,
    keys: createRemoteJWKSet(new URL(keys), { timeoutDuration: TIMEOUT }),
  };
}
