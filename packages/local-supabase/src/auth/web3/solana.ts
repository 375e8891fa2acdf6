import { createPublicKey, verify, type KeyObject } from 'node:crypto';
import { refuse } from '../errors/catalogue.ts';
import type { SignInMessage } from './sign-in-message.ts';
import type { WalletChain } from './wallet-chain.ts';

/** Messages of Solana wallets. */
export const SOLANA: WalletChain = {
  name: 'siws',
  chain: 'Solana',
  addressFault: 'wallet address is not in base58 format',
  address: (text) => (/^[a-zA-Z0-9]{32,44}$/.test(text) ? text : undefined),
  isChainId: (text) => text === '' || /^solana:(main|dev|test|local)net$/.test(text),
  readSignature: (text) => {
    if (text.length !== 86 && text.length !== 88) {
      throw refuse.validation('signature must be 64 bytes encoded as base64 with or without padding');
    }
    const digits = text.replace(/=+$/, '').replaceAll('+', '-').replaceAll('/', '_');
    if (/^[\w-]+$/.test(digits)) return Buffer.from(digits, 'base64url');
    throw refuse.validation('signature does not contain valid base64 characters');
  },
  isSigned: isSignedByWallet,
};

/** Signed as it is, or in the envelope that Ledger devices put around it. */
async function isSignedByWallet(message: SignInMessage, signature: Uint8Array): Promise<boolean> {
  const bytes = await readAddress(message.address);
  if (bytes === undefined || signature.length !== 64) return false;
  const key = publicKey(bytes);
  const text = Buffer.from(message.text);
  const envelope = offchainMessage(text, message.domain, bytes);
  return [text, envelope].some((signed) => verify(null, signed, key, signature));
}

async function readAddress(text: string): Promise<Uint8Array | undefined> {
  const { base58 } = await import('@scure/base');
  try {
    const bytes = base58.decode(text);
    return bytes.length === 32 ? bytes : undefined;
  } catch {
    return undefined;
  }
}

function publicKey(bytes: Uint8Array): KeyObject {
  const x = Buffer.from(bytes).toString('base64url');
  return createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x }, format: 'jwk' });
}

/** Solana's off-chain message, version 0: ASCII, by one signer, for an application of 32 bytes. */
function offchainMessage(text: Buffer, application: string, signer: Uint8Array): Buffer {
  const name = Buffer.alloc(32);
  name.write(application);
  const length = Buffer.alloc(2);
  length.writeUInt16LE(text.length);
  return Buffer.concat([
    Buffer.from([0xff]),
    Buffer.from('solana offchain\0'),
    name,
    Buffer.from([0, 1]),
    signer,
    length,
    text,
  ]);
}
