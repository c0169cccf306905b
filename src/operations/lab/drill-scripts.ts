import type { MachineRecord } from '../../machine/machine-record.js';

/** Two scripts for a host. Pure. */
export interface Scripts {
  readonly begin: string;
  /** Fine when it was ended already. */
  readonly end: string;
}

const chain = 'SWARMUP-DRILL';

/** Rules for what comes from and goes to hosts, in a chain of their own. */
function filter(hosts: readonly string[], target: string): Scripts {
  const rules = hosts.flatMap((address) => [`-s ${address} ${target}`, `-d ${address} ${target}`]);
  const hooks = ['INPUT', 'OUTPUT', 'FORWARD'];
  return {
    begin: [
      `iptables -w -N ${chain}`,
      ...rules.map((rule) => `iptables -w -A ${chain} ${rule}`),
      ...hooks.map((hook) => `iptables -w -I ${hook} -j ${chain}`),
    ].join('\n'),
    end: [
      ...hooks.map((hook) => `iptables -w -D ${hook} -j ${chain} 2>/dev/null`),
      `iptables -w -F ${chain} 2>/dev/null`,
      `iptables -w -X ${chain} 2>/dev/null`,
      'true',
    ].join('; '),
  };
}

/** Nothing comes from or goes to the other hosts; this computer still gets in. */
export const partition = (others: readonly string[]): Scripts => filter(others, '-j DROP');

/**
 * Adds about a fifth of a second of delay and drops every twentieth packet on the network that the swarm uses. If the
 * kernel has no netem: 1 Mbit/s, and the packet loss from a packet filter.
 */
export function slowNet({ advertiseAddr }: MachineRecord, others: readonly string[]): Scripts {
  const device = `$(ip -o addr show to ${advertiseAddr ?? ''} | sed -n 's/^[0-9]*: *\\([^ @]*\\).*/\\1/p' | head -n 1)`;
  const lossy = filter(others, '-m statistic --mode random --probability 0.05 -j DROP');
  return {
    begin: `dev=${device}
tc qdisc add dev "$dev" root netem delay 200ms 50ms loss 5% 2>/dev/null || {
tc qdisc add dev "$dev" root tbf rate 1mbit burst 16kbit latency 400ms
${lossy.begin}
}`,
    end: `${lossy.end}; tc qdisc del dev "${device}" root 2>/dev/null; true`,
  };
}

const filler = '/var/lib/docker/swarmup-drill.fill';

export const fullDisk: Scripts = {
  begin: `free=$(df -B1 --output=avail /var/lib/docker | tail -n 1)
fallocate -l "$free" ${filler} 2>/dev/null || dd if=/dev/zero of=${filler} bs=1M 2>/dev/null || true
sync`,
  end: `rm -f ${filler}; true`,
};
