import { refuse } from '../errors/catalogue.ts';
import type { SignInMessage } from './sign-in-message.ts';
import type { WalletChain } from './wallet-chain.ts';

/** Messages of Ethereum wallets. One wallet has one spelling here: the case of an address is a mere checksum. */
export const ETHEREUM: WalletChain = {
  name: 'siwe',
  chain: 'Ethereum',
  addressFault: 'wallet address is not a valid Ethereum address',
  address: (text) => (/^0x[a-fA-F0-9]{40}$/.test(text) ? text.toLowerCase() : undefined),
  isChainId: (text) => /^\+?\d{1,19}$/.test(text) && Number(text) > 0,
  readSignature: (text) => {
    const digits = text.replace(/^0x/, '');
    if (/^[a-fA-F0-9]{130}$/.test(digits)) return Buffer.from(digits, 'hex');
    throw refuse.validation(
      'signature must be 65 bytes long, encoded as a 130 character-long hexadecimal string',
    );
  },
  isSigned: isSignedByWallet,
};

/** By EIP-191: the address is that of the key that the signature gives away. */
async function isSignedByWallet(message: SignInMessage, signature: Uint8Array): Promise<boolean> {
  // Loaded when somebody has a wallet: the curve takes longer to load than most of the house.
  const { secp256k1 } = await import('@noble/curves/secp256k1.js');
  const { keccak_256 } = await import('@noble/hashes/sha3.js');
  const v = signature[64] ?? 0;
  const recovery = v >= 27 ? v - 27 : v;
  const text = Buffer.from(message.text);
  const signed = Buffer.concat([Buffer.from(`\x19Ethereum Signed Message:\n${text.length}`), text]);
  try {
    const key = secp256k1.Signature.fromBytes(signature.subarray(0, 64))
      .addRecoveryBit(recovery)
      .recoverPublicKey(keccak_256(signed))
      .toBytes(false);
    const address = Buffer.from(keccak_256(key.subarray(1))).subarray(-20);
    return `0x${address.toString('hex')}` === message.address;
  } catch {
    // Numbers that no point of the curve has.
    return false;
  }
}
