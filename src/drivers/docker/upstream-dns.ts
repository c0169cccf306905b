import { readFile } from 'node:fs/promises';
import { isIP } from 'node:net';

/** systemd-resolved lists the servers it asks here; /etc/resolv.conf then names only its stub on loopback. */
const files = ['/etc/resolv.conf', '/run/systemd/resolve/resolv.conf'];

/**
 * The name servers of this computer that an engine inside a host can use; undefined if none is known. Docker's own
 * resolver at 127.0.0.11 answers hosts, but not the containers in them, where 127.0.0.11 has another meaning.
 */
export async function upstreamDns(): Promise<readonly string[] | undefined> {
  for (const file of files) {
    const servers = nameServers(await readFile(file, 'utf8').catch(() => ''));
    if (servers.length > 0) return servers;
  }
  return undefined;
}

/** IPv4 servers that are not on the loopback interface, because hosts can reach only those. Source: resolv.conf(5). */
export function nameServers(text: string): readonly string[] {
  return text
    .split('\n')
    .map((line) => /^\s*nameserver\s+(\S+)/.exec(line)?.[1] ?? '')
    .filter((address) => isIP(address) === 4 && !address.startsWith('127.'));
}
