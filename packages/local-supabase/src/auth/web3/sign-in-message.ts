import { parseTimestamp } from './timestamp.ts';

/** What a wallet signed, by EIP-4361 (Ethereum) or its sister for Solana. Times are milliseconds since 1970. */
export interface SignInMessage {
  /** Exactly what was signed. */
  readonly text: string;
  /** Host of the app, with its port. */
  readonly domain: string;
  /** The wallet, as {@link MessageDialect.address} writes it. */
  readonly address: string;
  readonly statement: string | undefined;
  readonly uri: URL;
  /** The URI as it was written: a parser changes the spelling of hosts. */
  readonly uriText: string;
  readonly chainId: string;
  readonly issuedAt: number;
  readonly expirationTime: number | undefined;
  readonly notBefore: number | undefined;
}

/** In which the messages of two chains differ. */
export interface MessageDialect {
  /** Before every fault, as GoTrue names its parsers. */
  readonly name: 'siwe' | 'siws';
  /** The chain as the first line of its messages names it. */
  readonly chain: 'Ethereum' | 'Solana';
  readonly addressFault: string;
  /** The one spelling of an address; undefined for what is none. */
  readonly address: (text: string) => string | undefined;
  readonly isChainId: (text: string) => boolean;
}

/** A message that is none, in GoTrue's words. */
export class MessageFault extends Error {}

const DOMAIN = /^(localhost|(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,})(?::\d{1,5})?$/i;

/** Reads a message; lines with names of their own are passed over. Throws {@link MessageFault}. */
export function readSignInMessage(text: string, dialect: MessageDialect): SignInMessage {
  const fault = (reason: string): MessageFault => new MessageFault(`${dialect.name}: ${reason}`);
  const [first = '', second = '', third, ...rest] = text.split('\n');
  if (rest.length < 3) throw fault('message needs at least 6 lines');
  const ending = ` wants you to sign in with your ${dialect.chain} account:`;
  if (!first.endsWith(ending)) throw fault(`message first line does not end in ${JSON.stringify(ending)}`);
  const domain = first.slice(0, -ending.length).trim();
  if (!DOMAIN.test(domain)) throw fault('domain in first line of message is not valid');
  const address = dialect.address(second.trim());
  if (address === undefined) throw fault(dialect.addressFault);
  if (third !== '') throw fault('third line must be empty');
  const hasStatement = rest[0] !== '' && rest[1] === '';
  const fields = readFields(rest, hasStatement ? 2 : 0, fault);
  return {
    text,
    domain,
    address,
    statement: hasStatement ? rest[0] : undefined,
    ...readValues(fields, dialect, fault),
  };
}

type Fault = (reason: string) => MessageFault;

/** The lines `Name: value`, the last one of a name; resources are checked only. */
function readFields(lines: readonly string[], start: number, fault: Fault): ReadonlyMap<string, string> {
  const fields = new Map<string, string>();
  let resources: number | undefined;
  for (const [index, raw] of lines.entries()) {
    const line = raw.trim();
    if (index < start || line === '') {
      if (index >= start) resources = undefined;
      continue;
    }
    if (resources !== undefined && line.startsWith('- ')) {
      if (!URL.canParse(line.slice(2).trim()))
        throw fault(`Resource at position ${resources} has invalid URI`);
      resources += 1;
      continue;
    }
    resources = line === 'Resources:' ? 0 : undefined;
    const colon = line.indexOf(':');
    // Three lines were before these.
    if (colon < 0) throw fault(`encountered unparsable line at index ${index + 3}`);
    fields.set(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return fields;
}

type Values = Omit<SignInMessage, 'text' | 'domain' | 'address' | 'statement'>;

function readValues(fields: ReadonlyMap<string, string>, dialect: MessageDialect, fault: Fault): Values {
  const time = (name: string): number | undefined => {
    const text = fields.get(name);
    const parsed = text === undefined ? undefined : parseTimestamp(text);
    if (text !== undefined && parsed === undefined) throw fault(`${name} is not a valid ISO8601 timestamp`);
    return parsed;
  };
  const uriText = fields.get('URI');
  const uri = uriText === undefined ? undefined : (URL.parse(uriText) ?? undefined);
  if (uriText !== undefined && uri === undefined) throw fault('URI is not valid');
  const chainId = fields.get('Chain ID');
  if (chainId !== undefined && !dialect.isChainId(chainId)) throw fault('Chain ID is not valid');
  const issuedAt = time('Issued At');
  const expirationTime = time('Expiration Time');
  const notBefore = time('Not Before');
  const version = fields.get('Version') ?? '';
  if (version !== '1')
    throw fault(`Version value is not supported, expected 1 got ${JSON.stringify(version)}`);
  if (issuedAt === undefined) throw fault('Issued At is not specified');
  if (uriText === undefined || uri === undefined) throw fault('URI is not specified');
  const end = expirationTime ?? Infinity;
  if (issuedAt > end) throw fault('Issued At is after Expiration Time');
  if ((notBefore ?? -Infinity) > end) throw fault('Not Before is after Expiration Time');
  return { uri, uriText, chainId: chainId ?? '', issuedAt, expirationTime, notBefore };
}
