import type { Socket } from 'node:net';
import { describe, expect, it } from '@jest/globals';
import { limitedAddress } from './client-address.js';

const of = (ip: string): string => limitedAddress({ ip, socket: { remoteAddress: '192.0.2.9' } as Socket });

describe('limitedAddress', () => {
  it.each([
    ['an IPv4 address', '198.51.100.7', '198.51.100.7'],
    ['one with a port', '198.51.100.7:4711', '198.51.100.7'],
    ['one in IPv6 spelling', '::ffff:198.51.100.7', '198.51.100.7'],
    ['an IPv6 address as its network', '2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
    ['one with a port in brackets', '[2001:db8:1:2::9]:4711', '2001:db8:1:2::/64'],
    ['one with a zone', 'fe80::1%eth0', 'fe80::/64'],
    ['the loopback address', '::1', '::1'],
    ['what is no address as the proxy', 'unknown', '192.0.2.9'],
    ['nothing as the proxy', '', '192.0.2.9'],
  ])('should take %s', (_, ip, expected) => {
    expect(of(ip)).toBe(expected);
  });
});
