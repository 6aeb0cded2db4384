import { isIPv4 } from 'node:net';

/** Of a Host header: without its port and brackets. */
export const nameOf = (host: string): string => host.replace(/:\d*$/, '').replace(/^\[(.*)\]$/, '$1');

/** A name or an address of this machine that leads to itself. */
export const isLoopback = (name: string): boolean =>
  name.toLowerCase() === 'localhost' || name === '::1' || (isIPv4(name) && name.startsWith('127.'));
