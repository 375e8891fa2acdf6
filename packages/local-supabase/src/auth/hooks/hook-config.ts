import { ConfigError } from '../../config/config.ts';
import type { ConfigSection } from '../config/config-section.ts';

export const HOOKS = [
  'custom_access_token',
  'send_sms',
  'send_email',
  'mfa_verification_attempt',
  'password_verification_attempt',
  'before_user_created',
] as const;
export type HookName = (typeof HOOKS)[number];

/** Where a hook is answered. */
export type Hook =
  | { readonly kind: 'postgres'; readonly uri: string; readonly schema: string; readonly function: string }
  | { readonly kind: 'http'; readonly uri: string; readonly url: URL; readonly secrets: readonly Buffer[] };

/** The enabled hooks. */
export type HookConfig = ReadonlyMap<HookName, Hook>;

const NAME = /^[a-zA-Z_][a-zA-Z0-9_]{0,62}$/;
const SECRET = /^v1,whsec_([A-Za-z0-9+/=]{32,88})$/;
/** Hosts that may be asked without TLS. The last is this machine, to the containers of the Supabase CLI. */
const LOOPBACK = ['localhost', '127.0.0.1', '[::1]', 'host.docker.internal'];

/**
 * Reads `[auth.hook.*]`.
 * @throws ConfigError for a hook there is none of, and for one that could never be called
 */
export function readHookConfig(section: ConfigSection): HookConfig {
  const hooks = new Map<HookName, Hook>();
  for (const name of section.keys()) {
    const known = HOOKS.find((hook) => hook === name);
    const hook = section.section(name);
    if (!hook.boolean('enabled', false)) continue;
    if (known === undefined) throw fault(name, '', `is no hook; there are ${HOOKS.join(', ')}`);
    hooks.set(known, readHook(name, hook));
  }
  return hooks;
}

function readHook(name: string, section: ConfigSection): Hook {
  const uri = section.string('uri', '');
  const secrets = section.string('secrets', '');
  const url = URL.parse(uri);
  switch (url?.protocol) {
    case 'pg-functions:':
      return postgresHook(name, url, uri, secrets);
    case 'http:':
      if (!LOOPBACK.includes(url.hostname)) {
        throw fault(name, ' uri', 'must begin with https: unless it is on this machine');
      }
      return httpHook(name, url, uri, secrets);
    case 'https:':
      return httpHook(name, url, uri, secrets);
    default:
      throw fault(name, ' uri', 'must be a URI that begins with pg-functions:, http: or https:');
  }
}

function postgresHook(name: string, url: URL, uri: string, secrets: string): Hook {
  const [, schema = '', fn = '', ...more] = url.pathname.split('/');
  if (!NAME.test(schema) || !NAME.test(fn) || more.length > 0) {
    throw fault(name, ' uri', 'must be pg-functions://postgres/<schema>/<function>');
  }
  if (secrets !== '') throw fault(name, ' secrets', 'are for hooks over HTTP only');
  return { kind: 'postgres', uri, schema, function: fn };
}

function httpHook(name: string, url: URL, uri: string, text: string): Hook {
  const secrets = text.split('|').filter((secret) => secret !== '');
  if (secrets.length === 0) throw fault(name, ' secrets', 'are needed for a hook over HTTP');
  if (url.hostname === 'host.docker.internal') url.hostname = '127.0.0.1';
  return { kind: 'http', uri, url, secrets: secrets.map((secret) => keyOf(name, secret)) };
}

function keyOf(name: string, secret: string): Buffer {
  const [, key] = SECRET.exec(secret) ?? [];
  if (key !== undefined) return Buffer.from(key, 'base64');
  throw fault(name, ' secrets', 'must be v1,whsec_<base64 of 32 to 88 characters>, separated by |');
}

function fault(name: string, key: string, words: string): ConfigError {
  return new ConfigError(`config.toml: [auth.hook.${name}]${key} ${words}.`);
}
