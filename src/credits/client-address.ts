import { isIP } from 'node:net';
import { normalizeIp } from '@nestjs/throttler';
import type { FastifyRequest } from 'fastify';

/** `address:port` and `[address]:port`, as some proxies write into `X-Forwarded-For`. */
const WITH_PORT = /^(?:\[([^\]]+)\]|([^:]+))(?::\d+)?$/;

/**
 * Whom a limit by address counts: the caller's IPv4 address, or the /64 network of his IPv6 address, as one customer
 * has a whole network of those. What a proxy passed on and is no address at all counts as the proxy's own.
 */
export function limitedAddress(request: Pick<FastifyRequest, 'ip' | 'socket'>): string {
  const match = WITH_PORT.exec(request.ip);
  const candidates = [request.ip, match?.[1], match?.[2], request.socket.remoteAddress];
  return normalizeIp(candidates.find((address) => address !== undefined && isAddress(address)) ?? 'unknown');
}

/** A zone (`fe80::1%eth0`) belongs to the link, not to the address. */
const isAddress = (text: string): boolean => isIP(text.split('%', 1)[0] ?? '') !== 0;
