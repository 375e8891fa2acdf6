import { generateKeyPairSync, sign } from 'node:crypto';
import { secp256k1 } from '@noble/curves/secp256k1.js';
import { keccak_256 } from '@noble/hashes/sha3.js';
import { base58 } from '@scure/base';

type Address = `0x${string}`;

interface TestEthereumWallet {
  address: Address;
  /** Signs as `personal_sign` does. */
  sign: (text: string) => Address;
  /** What was signed last. */
  lastMessage: () => string;
  on: () => undefined;
  removeListener: () => undefined;
  request: (call: { method: string; params?: unknown }) => Promise<unknown>;
}

interface TestSolanaWallet {
  publicKey: { toBase58: () => string };
  signMessage: (text: Uint8Array) => Promise<Uint8Array>;
}

/** An Ethereum wallet as a browser has it (EIP-1193), with a fresh key and on the main network. */
export function ethereumWallet(): TestEthereumWallet {
  const secret = secp256k1.utils.randomSecretKey();
  const key = secp256k1.getPublicKey(secret, false).subarray(1);
  const address = `0x${Buffer.from(keccak_256(key)).subarray(-20).toString('hex')}` as const;
  let last = '';
  const personalSign = (text: string): Address => {
    last = text;
    const bytes = Buffer.from(text);
    const hash = keccak_256(
      Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${bytes.length}`), bytes]),
    );
    const [recovery = 0, ...rest] = secp256k1.sign(hash, secret, { prehash: false, format: 'recovered' });
    return `0x${Buffer.from([...rest, recovery + 27]).toString('hex')}`;
  };
  return {
    address,
    sign: personalSign,
    lastMessage: () => last,
    on: () => undefined,
    removeListener: () => undefined,
    request: ({ method, params }: { method: string; params?: unknown }): Promise<unknown> => {
      if (method === 'eth_requestAccounts') return Promise.resolve([address]);
      if (method === 'eth_chainId') return Promise.resolve('0x1');
      const [text] = params as [string];
      return Promise.resolve(personalSign(Buffer.from(text.slice(2), 'hex').toString()));
    },
  };
}

/** A Solana wallet with a fresh key; a Ledger signs an envelope around the message. */
export function solanaWallet({ ledger }: { ledger: boolean }): TestSolanaWallet {
  const { privateKey, publicKey } = generateKeyPairSync('ed25519');
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const key = Buffer.from(x, 'base64url');
  return {
    publicKey: { toBase58: () => base58.encode(key) },
    signMessage: (text: Uint8Array): Promise<Uint8Array> =>
      Promise.resolve(sign(null, ledger ? inEnvelope(Buffer.from(text), key) : text, privateKey)),
  };
}

function inEnvelope(text: Buffer, key: Buffer): Buffer {
  const domain = text.toString().split(' ')[0] ?? '';
  return Buffer.concat([
    Buffer.from('ff736f6c616e61206f6666636861696e00', 'hex'),
    Buffer.from(domain.padEnd(32, '\0')),
    Buffer.from([0, 1]),
    key,
    Buffer.from([text.length & 255, text.length >> 8]),
    text,
  ]);
}
