/** How the containers of the Supabase CLI call its gateway. */
const GATEWAY = /^(?:kong|supabase_kong_[\w-]+)$/;

/**
 * An address as a project's triggers name it from inside a container, as it is reached from here.
 * @param own - where this Supabase is
 * @throws TypeError where it is no address
 */
export function reachable(address: string, own: string): string {
  const url = new URL(address);
  if (GATEWAY.test(url.hostname)) url.host = new URL(own).host;
  if (url.hostname === 'host.docker.internal') url.hostname = '127.0.0.1';
  return url.href;
}
