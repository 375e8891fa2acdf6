import type { Database } from '../../context.ts';
import type { Web3Config } from '../config/web3-config.ts';
import { AuthError } from '../errors/auth-error.ts';
import { refuse } from '../errors/catalogue.ts';
import { OAuthError } from '../errors/oauth-error.ts';
import type { ExternalAccountService } from '../external/external-account.service.ts';
import { identityClaims, type ExternalUser } from '../external/external-user.ts';
import { retryRace } from '../external/retry-race.ts';
import type { RequestInfo } from '../http/request-info.ts';
import type { SessionIssuer, TokenResponse } from '../sessions/session-issuer.ts';
import { auditUser } from '../users/audit.ts';
import { getUser } from '../users/users.repository.ts';
import { ETHEREUM } from './ethereum.ts';
import { checkMessage } from './message-checks.ts';
import {
  MessageFault,
  readSignInMessage,
  type MessageDialect,
  type SignInMessage,
} from './sign-in-message.ts';
import { SOLANA } from './solana.ts';

/** What a wallet's owner sends. Empty members were not sent. */
export interface Web3Request {
  readonly chain: string;
  readonly message: string;
  readonly signature: string;
}

/** Bytes of a message. */
const SHORTEST = 64;
const LONGEST = 20 * 1024;

const CHAINS = { ethereum: ETHEREUM, solana: SOLANA } as const;

/** The web3 grant: signs in by a message that the user's wallet signed. */
export class Web3GrantService {
  readonly #config: Web3Config;
  readonly #database: Database;
  readonly #issuer: SessionIssuer;
  readonly #accounts: ExternalAccountService;

  constructor(
    config: Web3Config,
    database: Database,
    issuer: SessionIssuer,
    accounts: ExternalAccountService,
  ) {
    this.#config = config;
    this.#database = database;
    this.#issuer = issuer;
    this.#accounts = accounts;
  }

  /** Refuses where no wallet may sign in. */
  checkEnabled(): void {
    if (!this.#config.ethereum && !this.#config.solana) throw disabled('Web3 provider');
  }

  /**
   * A session for the owner of the wallet, who may be new. `isAllowed` says whether a page of the project may be at a URL:
   * messages for other apps are refused.
   */
  async signIn(
    request: Web3Request,
    isAllowed: (url: string) => boolean,
    info: RequestInfo,
  ): Promise<TokenResponse> {
    const message = await this.#prove(request, isAllowed);
    const { chainId: network, address, domain, uriText: uri } = message;
    const traits = { provider: 'web3', chain: request.chain, network, address, domain, uri };
    const owner = ownerOf(message, request.chain);
    return retryRace(() =>
      this.#database.transaction(async (tx) => {
        const { userId } = await this.#accounts.signIn(tx, owner, 'web3', true, info);
        await auditUser(tx, info, await getUser(tx, userId), 'login', traits);
        return this.#issuer.open(tx, userId, 'web3', info);
      }),
    );
  }

  async #prove(
    { chain: name, message: text, signature }: Web3Request,
    isAllowed: (url: string) => boolean,
  ): Promise<SignInMessage> {
    if (name !== 'ethereum' && name !== 'solana') {
      throw new AuthError(400, 'web3_unsupported_chain', 'Unsupported chain');
    }
    const chain = CHAINS[name];
    if (!this.#config[name]) throw disabled(`${chain.chain} Web3 provider`);
    const length = Buffer.byteLength(text);
    if (length < SHORTEST) throw refuse.validation('message is too short');
    if (length > LONGEST) throw refuse.validation('message must not exceed 20KB');
    const bytes = chain.readSignature(signature);
    const message = readMessage(text, chain);
    if (!(await chain.isSigned(message, bytes))) {
      throw new OAuthError('invalid_grant', 'Signature does not match address in message');
    }
    checkMessage(message, chain.chain, isAllowed, Date.now());
    return message;
  }
}

function disabled(what: string): AuthError {
  return new AuthError(422, 'web3_provider_disabled', `${what} is disabled`);
}

function readMessage(text: string, dialect: MessageDialect): SignInMessage {
  try {
    return readSignInMessage(text, dialect);
  } catch (error) {
    throw error instanceof MessageFault ? refuse.validation(error.message) : error;
  }
}

/** The wallet is who he is: it has no address that mail could reach. */
function ownerOf({ address, chainId, domain, statement }: SignInMessage, chain: string): ExternalUser {
  const absent = chain === 'ethereum' ? null : '';
  const wallet = { address, chain, network: chainId, domain, statement: statement ?? absent };
  return { emails: [], claims: identityClaims({ sub: `web3:${chain}:${address}`, custom_claims: wallet }) };
}
