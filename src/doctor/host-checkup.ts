import { runScript, type RemoteScript } from '../bootstrap/remote-script.js';
import type { Runner } from '../ssh/runner.js';

/** The additional facts that only a check-up needs about a host. */
export interface HostCheckup {
  /** Kernel modules that are loaded or built in, of those a swarm needs. */
  readonly modules: Readonly<Record<KernelModule, ModuleState>>;
  /** Free space for root where Docker keeps its data, MiB; undefined: the folder does not exist yet. */
  readonly dockerDiskMiB: number | undefined;
  readonly inotifyInstances: number | undefined;
  /** Open files that the engine may have; undefined: no systemd, or no unit. Infinity: no limit. */
  readonly engineOpenFiles: number | undefined;
  /** What listens on the ports that a swarm wants, as `tcp/2377` → `dockerd`. */
  readonly listeners: ReadonlyMap<string, string>;
  /** Driver of the network card of the default route, as in `vmxnet3`; undefined: a virtual one. */
  readonly nicDriver: string | undefined;
  readonly nicName: string | undefined;
  /** The card computes transmit checksums of IP itself; undefined: ethtool is missing. */
  readonly txChecksum: boolean | undefined;
  /** Without ping no payload can be sent through an overlay network from here. */
  readonly canPing: boolean;
}

const kernelModules = ['vxlan', 'ip_vs', 'br_netfilter', 'overlay'] as const;
type KernelModule = (typeof kernelModules)[number];
/** `loadable`: modprobe would bring it. */
type ModuleState = 'loaded' | 'loadable' | 'missing';

/** Changes nothing: not even a module is loaded. */
const checkupScript: RemoteScript = {
  title: 'check the host',
  body: `
say() { printf '%s=%s\\n' "$1" "$2"; }
module() {
  if [ -d "/sys/module/$1" ] || [ -e "$2" ] || grep -qw "$1" /proc/filesystems ||
    grep -q "/$1\\.ko" "/lib/modules/$(uname -r)/modules.builtin" 2>/dev/null; then echo loaded
  elif grep -q "/$1\\.ko" "/lib/modules/$(uname -r)/modules.dep" 2>/dev/null; then echo loadable
  else echo missing; fi
}
say module-vxlan "$(module vxlan /nonexistent)"
say module-ip_vs "$(module ip_vs /proc/sys/net/ipv4/vs)"
say module-br_netfilter "$(module br_netfilter /proc/sys/net/bridge)"
say module-overlay "$(module overlay /nonexistent)"
[ ! -d /var/lib/docker ] || say docker-disk "$(df -Pk /var/lib/docker | sed 1d | awk '{ print $4 }')"
say inotify "$(cat /proc/sys/fs/inotify/max_user_instances 2>/dev/null)"
if [ -d /run/systemd/system ]; then say open-files "$(systemctl show docker.service -p LimitNOFILE --value 2>/dev/null)"; fi
if have ss; then
  ss -Htlnp 'sport = :2377 or sport = :7946' | sed -n 's/.*[:.]\\(2377\\|7946\\) .*users:(("\\([^"]*\\)".*/listener=tcp\\/\\1 \\2/p'
  ss -Hulnp 'sport = :7946 or sport = :4789' | sed -n 's/.*[:.]\\(7946\\|4789\\) .*users:(("\\([^"]*\\)".*/listener=udp\\/\\1 \\2/p'
fi
nic=$(ip -4 route show default 2>/dev/null | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)
say nic "$nic"
driver=$(readlink "/sys/class/net/$nic/device/driver" 2>/dev/null)
say nic-driver "\${driver##*/}"
if have ethtool; then say tx-checksum "$(ethtool -k "$nic" 2>/dev/null | sed -n 's/^[[:space:]]*tx-checksum-ip-generic: \\(on\\|off\\).*/\\1/p')"; fi
if have ping; then say ping yes; fi
echo end=1
`,
};

/** One script; errors: REMOTE_COMMAND_FAILED, SSH_LOST, TIMEOUT (30 s). */
export async function checkHost(runner: Runner, signal: AbortSignal): Promise<HostCheckup> {
  const { stdout } = await runScript(runner, checkupScript, { signal, timeoutMs: 30_000 });
  return parseCheckup(stdout);
}

function parseCheckup(output: string): HostCheckup {
  const lines = output.split('\n').map((line) => /^([a-z-]+(?:_[a-z]+)*)=(.*)$/.exec(line) ?? []);
  const all = (key: string): string[] => lines.filter((m) => m[1] === key).map((m) => m[2] ?? '');
  const one = (key: string): string | undefined => all(key).find((value) => value !== '');
  const number = (text: string | undefined): number | undefined =>
    text === undefined ? undefined : text === 'infinity' ? Number.POSITIVE_INFINITY : Number(text);
  const disk = number(one('docker-disk'));
  const states = kernelModules.map((name) => [name, (one(`module-${name}`) ?? 'missing') as ModuleState] as const);
  return {
    modules: Object.fromEntries(states) as Record<KernelModule, ModuleState>,
    dockerDiskMiB: disk === undefined ? undefined : Math.floor(disk / 1024),
    inotifyInstances: number(one('inotify')),
    engineOpenFiles: number(one('open-files')),
    listeners: new Map(all('listener').map((line) => line.split(' ') as [string, string])),
    nicDriver: one('nic-driver'),
    nicName: one('nic'),
    txChecksum: one('tx-checksum') === undefined ? undefined : one('tx-checksum') === 'on',
    canPing: one('ping') === 'yes',
  };
}
