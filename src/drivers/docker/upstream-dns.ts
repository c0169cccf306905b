import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** systemd-resolved lists the servers it asks here; /etc/resolv.conf then names only its stub on loopback. */
const files = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/**
 * This machine's name servers that an engine inside a host can use; undefined when none is known. Docker's own
 * resolver at 127.0.0.11 answers hosts, but not the containers in them: there 127.0.0.11 is somebody else.
 */
export async function upstreamDns(): Promise<readonly string[] | undefined> {
  for (const file of files) {
    const servers = nameServers(await readFile(file, 'utf8').catch(() => ''));
    if (servers.length > 0) return servers;
  }
  return undefined;
}

/** IPv4 servers that are not on loopback: hosts have no other way out. Source: resolv.conf(5). */
export function nameServers(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIP(address) === 4 && !address.startsWith('127.'));
}
