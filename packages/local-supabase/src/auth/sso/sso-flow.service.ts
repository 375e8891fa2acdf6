import { randomBytes } from 'node:crypto';
import { parseStringPromise, processors } from 'xml2js';
import type { Database } from '../../context.ts';
import type { Executor } from '../database/executor.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { Document } from '../external/document.ts';
import type { ExternalAccountService } from '../external/external-account.service.ts';
import { withQuery, withSession } from '../external/flow-redirect.ts';
import { retryRace } from '../external/retry-race.ts';
import type { RequestInfo } from '../http/request-info.ts';
import { isUuid } from '../http/uuid.ts';
import type { OneTimeMailService } from '../mail/one-time-mail.service.ts';
import type { SessionIssuer } from '../sessions/session-issuer.ts';
import { completeFlowState, insertFlowState } from '../tokens/flow-states.repository.ts';
import type { Challenge } from '../tokens/pkce.ts';
import { insertRelayState, takeRelayState } from './relay-states.repository.ts';
import type { SamlAssertion } from './saml-assertion.ts';
import { fetchMetadata, parseMetadata } from './saml-metadata.ts';
import type { SamlServiceProvider } from './saml-service-provider.ts';
import { SeenAssertions } from './seen-assertions.ts';
import {
  findSsoProvider,
  findSsoProviderByDomain,
  findSsoProviderByEntity,
  updateMetadata,
  type SsoProvider,
} from './sso-providers.repository.ts';

/** Who wants to sign in, and where he goes afterwards. */
export interface SsoRequest {
  readonly providerId: string;
  readonly domain: string;
  readonly redirectTo: string;
  readonly challenge: Challenge | undefined;
}

/** What an identity provider sends. */
export interface SsoAnswer {
  readonly response: string;
  readonly relayState: string;
}

/** An answer that belongs to a sign-in begun here, or that comes unasked. */
interface Expected {
  readonly provider: SsoProvider;
  readonly requestId: string;
  readonly redirectTo: string;
  readonly flowStateId: string | null;
}

/** Milliseconds a user has at his identity provider; GoTrue's. */
const RELAY_LIFETIME = 2 * 60_000;
/** Milliseconds after which metadata from an address is read again. */
const METADATA_FRESH = 24 * 60 * 60_000;

const DISABLED_MEANWHILE = 'SSO Provider assigned for this domain is currently disabled';

/** Single sign-on by SAML 2.0: to the identity provider and back. */
export class SsoFlowService {
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #mail: OneTimeMailService;
  readonly #accounts: ExternalAccountService;
  readonly #saml: SamlServiceProvider;
  readonly #seen = new SeenAssertions();

  constructor(
    database: Database,
    issuer: SessionIssuer,
    mail: OneTimeMailService,
    accounts: ExternalAccountService,
    saml: SamlServiceProvider,
  ) {
    this.#database = database;
    this.#issuer = issuer;
    this.#mail = mail;
    this.#accounts = accounts;
    this.#saml = saml;
  }

  /** Where the browser goes to sign in. */
  async begin({ providerId, domain, redirectTo, challenge }: SsoRequest): Promise<string> {
    this.#saml.checkEnabled();
    const { pool } = this.#database;
    const provider = await this.#asked(providerId, domain);
    const flowStateId =
      challenge === undefined
        ? null
        : await insertFlowState(pool, {
            ...challenge,
            userId: null,
            provider: 'sso/saml',
            authentication: 'sso/saml',
          });
    // An XML id must not begin with a digit.
    const requestId = `id-${randomBytes(20).toString('hex')}`;
    const relayState = await insertRelayState(pool, {
      providerId: provider.id,
      requestId,
      redirectTo,
      flowStateId,
    });
    return this.#saml.requestUrl(provider, requestId, relayState);
  }

  /** Where the browser goes once it is back. `allowed` answers an address that links may lead to. */
  async finish(answer: SsoAnswer, info: RequestInfo, allowed: (url: string) => string): Promise<string> {
    this.#saml.checkEnabled();
    const expected = await this.#expected(answer);
    const provider = await this.#refresh(expected.provider);
    const assertion = await this.#saml.readResponse(provider, answer.response, expected.requestId);
    if (!this.#seen.add(`${provider.id} ${assertion.id}`, assertion.notOnOrAfter)) {
      throw refuse.validation('SAML Assertion was used before');
    }
    const user = assertion.user(provider);
    const { account, target } = await retryRace(() =>
      this.#database.transaction(async (tx) => {
        const found = await this.#accounts.signIn(tx, user, `sso:${provider.id}`, false, info);
        if (found.refusal !== undefined) return { account: found, target: () => '' };
        const redirectTo = allowed(expected.redirectTo);
        return {
          account: found,
          target: await this.#target(tx, expected, found.userId, assertion, redirectTo, info),
        };
      }),
    );
    await this.#mail.deliver(account.mails);
    if (account.refusal !== undefined) throw account.refusal;
    return target();
  }

  async #asked(providerId: string, domain: string): Promise<SsoProvider> {
    const notFound = (message: string): AuthError => new AuthError(404, 'sso_provider_not_found', message);
    if (providerId !== '' && domain !== '') {
      throw refuse.validation('Only one of provider_id or domain supported');
    }
    if (providerId === '' && domain === '') {
      throw refuse.validation('A provider_id or domain needs to be provided');
    }
    const { pool } = this.#database;
    const provider =
      providerId === ''
        ? await findSsoProviderByDomain(pool, domain)
        : await findSsoProvider(pool, providerId);
    if (provider === undefined) {
      throw notFound(providerId === '' ? 'No SSO provider assigned for this domain' : 'No such SSO provider');
    }
    if (provider.disabled) throw isDisabled('SSO Provider is currently disabled');
    return provider;
  }

  async #expected({ response, relayState }: SsoAnswer): Promise<Expected> {
    if (response === '') throw refuse.validation('SAMLResponse is missing');
    if (isUuid(relayState)) return this.#begun(relayState);
    if (relayState !== '' && !URL.canParse(relayState)) {
      throw refuse.validation('SAML RelayState is not a valid UUID or URL');
    }
    const entityId = await claimedIssuer(response);
    const provider = await findSsoProviderByEntity(this.#database.pool, entityId);
    if (provider === undefined) {
      const message = 'A SAML connection has not been established with this Identity Provider';
      throw new AuthError(404, 'saml_idp_not_found', message);
    }
    if (provider.disabled) throw isDisabled(DISABLED_MEANWHILE);
    return { provider, requestId: '', redirectTo: relayState, flowStateId: null };
  }

  async #begun(id: string): Promise<Expected> {
    const state = await takeRelayState(this.#database.pool, id);
    if (state === undefined) {
      const message = 'SAML RelayState does not exist, try logging in again?';
      throw new AuthError(404, 'saml_relay_state_not_found', message);
    }
    if (Date.now() >= state.created_at.getTime() + RELAY_LIFETIME) {
      const message = 'SAML RelayState has expired. Try logging in again?';
      throw new AuthError(422, 'saml_relay_state_expired', message);
    }
    const provider = await findSsoProvider(this.#database.pool, state.sso_provider_id);
    if (provider === undefined) throw refuse.unexpected('Unable to find SSO Provider from SAML RelayState');
    if (provider.disabled) throw isDisabled(DISABLED_MEANWHILE);
    const { request_id: requestId, redirect_to: redirectTo, flow_state_id: flowStateId } = state;
    return { provider, requestId, redirectTo: redirectTo ?? '', flowStateId };
  }

  /** The provider with metadata that is not too old; where it cannot be read again, the old one does. */
  async #refresh(provider: SsoProvider): Promise<SsoProvider> {
    if (provider.metadata_url === null) return provider;
    const { validUntil } = await parseMetadata(provider.metadata_xml);
    const isStale =
      validUntil === undefined
        ? Date.now() > provider.metadata_updated_at.getTime() + METADATA_FRESH
        : Date.now() > validUntil.getTime();
    if (!isStale) return provider;
    try {
      const xml = await fetchMetadata(provider.metadata_url);
      if ((await parseMetadata(xml)).entityId !== provider.entity_id) return provider;
      await updateMetadata(this.#database.pool, provider.id, xml);
      return { ...provider, metadata_xml: xml };
    } catch (error) {
      if (error instanceof AuthError) return provider;
      throw error;
    }
  }

  /** Where the browser goes; to be asked when the transaction is over, and the session complete. */
  async #target(
    tx: Executor,
    { flowStateId }: Expected,
    userId: string,
    assertion: SamlAssertion,
    redirectTo: string,
    info: RequestInfo,
  ): Promise<() => string> {
    if (flowStateId === null) {
      const session = await this.#issuer.open(tx, userId, 'sso/saml', info, assertion.sessionEnds);
      return () => withSession(redirectTo, session, {});
    }
    const tokens = { accessToken: '', refreshToken: '' };
    const code = await completeFlowState(tx, flowStateId, { userId, ...tokens });
    if (code === undefined) throw new AuthError(422, 'flow_state_not_found', 'Flow state not found');
    return () => withQuery(redirectTo, { code });
  }
}

/** Who says he sent an answer; nothing is proven by it. */
async function claimedIssuer(response: string): Promise<string> {
  try {
    const xml = Buffer.from(response, 'base64').toString();
    const parsed: unknown = await parseStringPromise(xml, { tagNameProcessors: [processors.stripPrefix] });
    const document = new Document(parsed);
    return (document.text('Response', 'Issuer', 0, '_') || document.text('Response', 'Issuer', 0)).trim();
  } catch (cause) {
    throw Object.assign(refuse.validation('SAMLResponse is not a valid XML SAML assertion'), { cause });
  }
}

function isDisabled(message: string): AuthError {
  return new AuthError(404, 'sso_provider_disabled', message);
}
