import type { MessageDialect, SignInMessage } from './sign-in-message.ts';

/** One kind of wallets: how its messages look and who signed them. */
export interface WalletChain extends MessageDialect {
  /** The bytes of a signature as a client writes it. Throws the refusal of what is none. */
  readonly readSignature: (text: string) => Uint8Array;
  /** Whether the wallet that the message names signed it. */
  readonly isSigned: (message: SignInMessage, signature: Uint8Array) => Promise<boolean>;
}
