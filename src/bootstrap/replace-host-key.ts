import type { Runner } from '../ssh/runner.js';
import { runScript } from './remote-script.js';

const next = '/etc/ssh/swarmup_next_host_key';
const key = '/etc/ssh/ssh_host_ed25519_key';

/** Makes the host's next ed25519 key, whose private half never leaves the host; sshd does not use it yet. */
export async function makeNextHostKey(runner: Runner, signal: AbortSignal): Promise<string> {
  const { stdout } = await runScript(
    runner,
    {
      title: 'make the next host key',
      body: `
set -e
umask 077
rm -f ${next} ${next}.pub
ssh-keygen -q -t ed25519 -N '' -C "$(uname -n)" -f ${next}
cat ${next}.pub`,
    },
    { signal },
  );
  return stdout.trim();
}

/** Puts the next host key in the place of the one before and has sshd read it. The connections that there are stay. */
export async function useNextHostKey(runner: Runner, signal: AbortSignal): Promise<void> {
  await runScript(
    runner,
    {
      title: 'use the next host key',
      body: `
set -e
chmod 644 ${next}.pub
mv -f ${next} ${key}
mv -f ${next}.pub ${key}.pub
if [ -d /run/systemd/system ]; then
  systemctl reload ssh.service 2>/dev/null || systemctl reload sshd.service 2>/dev/null ||
    systemctl try-restart ssh.service sshd.service
elif have rc-service; then rc-service sshd reload
else kill -HUP "$(cat /run/sshd.pid)"; fi`,
    },
    { signal },
  );
}
