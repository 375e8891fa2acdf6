import type { ConfigSection } from './config-section.ts';

/** `[auth.passkey]` and `[auth.webauthn]`. */
export interface PasskeyConfig {
  readonly enabled: boolean;
  /** The domain that keys are bound to. */
  readonly rpId: string;
  readonly rpDisplayName: string;
  /** Where browsers may use them. */
  readonly rpOrigins: readonly string[];
}

/** Reads both; throws with the name of what is missing. */
export function readPasskeyConfig(auth: ConfigSection): PasskeyConfig {
  const webauthn = auth.section('webauthn');
  const config: PasskeyConfig = {
    enabled: auth.section('passkey').boolean('enabled', false),
    rpId: webauthn.string('rp_id', ''),
    rpDisplayName: webauthn.string('rp_display_name', 'Supabase'),
    rpOrigins: webauthn.strings('rp_origins'),
  };
  if (!config.enabled) return config;
  if (config.rpId === '') throw missing('rp_id');
  if (config.rpOrigins.length === 0) throw missing('rp_origins');
  return config;
}

function missing(key: string): Error {
  return new Error(`config.toml: [auth.passkey] is enabled without ${key} in [auth.webauthn].`);
}
