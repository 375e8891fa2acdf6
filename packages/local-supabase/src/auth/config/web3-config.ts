import type { ConfigSection } from './config-section.ts';

/** `[auth.web3.*]`: whose wallets sign in. */
export interface Web3Config {
  readonly ethereum: boolean;
  readonly solana: boolean;
}

export function readWeb3Config(web3: ConfigSection): Web3Config {
  return {
    ethereum: web3.section('ethereum').boolean('enabled', false),
    solana: web3.section('solana').boolean('enabled', false),
  };
}
