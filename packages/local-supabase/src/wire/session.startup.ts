import { pbkdf2, createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { promisify } from 'node:util';
import type { Backend, Tenant } from './backend.ts';
import { texts } from './messages.ts';
import { NO_SETTINGS, quoteLiteral } from './session.settings.ts';
import type { Settings } from './session.settings.ts';

const derive = promisify(pbkdf2);

/** What a client asks for when it connects. */
export interface StartupPacket {
  readonly user: string;
  readonly database: string;
  readonly settings: ReadonlyMap<string, string>;
  /** Options of a newer protocol (`_pq_.…`). */
  readonly unknownOptions: string[];
}

/** Why a client is not let in. */
export class StartupRefused extends Error {
  override readonly name = 'StartupRefused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

const NOT_SETTINGS = new Set(['user', 'database', 'options', 'replication']);

export function readStartup(body: Buffer): StartupPacket {
  const parameters = new Map<string, string>();
  for (let at = 4; at < body.length && body[at] !== 0;) {
    const [name = '', value = ''] = texts(body, 2, at);
    parameters.set(name, value);
    at += Buffer.byteLength(name) + Buffer.byteLength(value) + 2;
  }
  const user = parameters.get('user') ?? '';
  if (user === '') throw new StartupRefused('28000', 'no PostgreSQL user name specified in startup packet');
  const replication = parameters.get('replication');
  if (replication !== undefined && !['false', 'off', 'no', '0'].includes(replication)) {
    throw new StartupRefused('0A000', 'replication connections are not supported by this server');
  }
  const settings = new Map(options(parameters.get('options') ?? ''));
  const unknownOptions: string[] = [];
  for (const [name, value] of parameters) {
    if (name.startsWith('_pq_.')) unknownOptions.push(name);
    else if (!NOT_SETTINGS.has(name)) settings.set(name, value);
  }
  return { user, database: parameters.get('database') ?? user, settings, unknownOptions };
}

/** `-c name=value --other-name=value`, a backslash before a space or a backslash that is meant. */
function options(text: string): [string, string][] {
  const words = (text.match(/(?:\\.|[^\s\\])+/g) ?? []).map((word) => word.replaceAll(/\\(.)/g, '$1'));
  const found: [string, string][] = [];
  for (let at = 0; at < words.length; at += 1) {
    const word = words[at] ?? '';
    let assignment: string | undefined;
    if (word === '-c') assignment = words[(at += 1)];
    else if (word.startsWith('-c')) assignment = word.slice(2);
    else if (word.startsWith('--')) assignment = word.slice(2);
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(assignment ?? '') ?? [];
    if (name !== undefined && value !== undefined) found.push([name.replaceAll('-', '_'), value]);
  }
  return found;
}

/** The session before it is one: it has no settings. */
export const doorkeeper = (): Tenant => ({
  settings: NO_SETTINGS,
  baseline: NO_SETTINGS,
  settingsUnknown: false,
  notify: () => undefined,
});

/**
 * Checks user, password and database against Postgres' catalog, and finds the settings that the session starts with:
 * those of its database and role, and over them those it asked for.
 * @throws StartupRefused
 */
export async function admit(
  backend: Backend,
  tenant: Tenant,
  packet: StartupPacket,
  password: string,
): Promise<Settings> {
  await backend.acquire(tenant);
  let rows: (string | null)[][];
  try {
    rows = await backend.ask(admissionQuery(packet));
  } finally {
    backend.release(tenant);
  }
  const [role] = rows.filter(([kind]) => kind === 'role');
  if (!role || !(await matches(password, role[1] ?? ''))) {
    throw new StartupRefused('28P01', `password authentication failed for user "${packet.user}"`);
  }
  if (role[2] !== 'true') {
    throw new StartupRefused('28000', `role "${packet.user}" is not permitted to log in`);
  }
  if (role[3] !== 'true') {
    throw new StartupRefused('3D000', `database "${packet.database}" does not exist`);
  }
  const settings = new Map<string, string>();
  for (const [kind, assignment] of rows) {
    const [, name, value] = /^([^=]+)=(.*)$/s.exec(assignment ?? '') ?? [];
    if (kind === 'setting' && name !== undefined && value !== undefined) settings.set(name, value);
  }
  for (const [name, value] of packet.settings) settings.set(name, value);
  // The encoding is announced by nearly every client, and it is the backend's own.
  if (/^'?utf-?8'?$|^unicode$/i.test(settings.get('client_encoding') ?? ''))
    settings.delete('client_encoding');
  if (packet.user !== 'postgres') settings.set('session_authorization', packet.user);
  return settings;
}

/** Settings come from the general to the particular: database, role, role in database. */
function admissionQuery({ user, database }: StartupPacket): string {
  const name = quoteLiteral(user);
  return `select 'role', rolpassword, rolcanlogin::text, (current_database() = ${quoteLiteral(database)})::text
      from pg_catalog.pg_authid where rolname = ${name}
    union all
    select 'setting', setting, null, null from (
      select unnest(setconfig) as setting from pg_catalog.pg_db_role_setting
      where setdatabase in (0, (select oid from pg_catalog.pg_database where datname = current_database()))
        and setrole in (0, (select oid from pg_catalog.pg_authid where rolname = ${name}))
      order by setrole <> 0, setdatabase <> 0) s`;
}

/** Compares with what Postgres stores: a SCRAM verifier or an MD5 hash. */
async function matches(password: string, stored: string): Promise<boolean> {
  const scram = /^SCRAM-SHA-256\$(\d+):([^$]+)\$([^:]+):(.+)$/.exec(stored);
  if (!scram) return false;
  const [, iterations = '', salt = '', storedKey = ''] = scram;
  const salted = await derive(
    password.normalize('NFKC'),
    Buffer.from(salt, 'base64'),
    Number(iterations),
    32,
    'sha256',
  );
  const clientKey = createHmac('sha256', salted).update('Client Key').digest();
  const key = createHash('sha256').update(clientKey).digest();
  const expected = Buffer.from(storedKey, 'base64');
  return key.length === expected.length && timingSafeEqual(key, expected);
}
