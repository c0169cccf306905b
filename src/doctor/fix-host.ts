import { runScript } from '../bootstrap/remote-script.js';
import type { Runner } from '../ssh/runner.js';
import type { FixId } from './finding.js';

const inotifyFile = '/etc/sysctl.d/90-swarmup-inotify.conf';

/** What each fix does; all can be repeated, none interrupts a container. */
const fixes: Readonly<Record<FixId, string>> = {
  'raise-inotify': `
echo fs.inotify.max_user_instances=1024 >${inotifyFile}
sysctl -q -p ${inotifyFile}
[ "$(cat /proc/sys/fs/inotify/max_user_instances)" -ge 1024 ]`,
  'sync-clock': `
if have chronyc && chronyc -a makestep; then exit 0; fi
timedatectl set-ntp true`,
  // On boot as well: udev runs it when the card appears.
  'checksum-offload': `
nic=$(ip -4 route show default | sed -n 's/.* dev \\([^ ]*\\).*/\\1/p' | head -n 1)
ethtool -K "$nic" tx-checksum-ip-generic off
mkdir -p /etc/udev/rules.d
echo "ACTION==\\"add\\", SUBSYSTEM==\\"net\\", KERNEL==\\"$nic\\", RUN+=\\"$(command -v ethtool) -K $nic tx-checksum-ip-generic off\\"" \\
  >/etc/udev/rules.d/90-swarmup-checksum.rules`,
};

/** Errors: REMOTE_COMMAND_FAILED with what the host said, SSH_LOST, TIMEOUT (30 s). */
export async function fixHost(runner: Runner, fix: FixId, signal: AbortSignal): Promise<void> {
  await runScript(runner, { title: `fix ${fix}`, body: fixes[fix] }, { signal, timeoutMs: 30_000 });
}
