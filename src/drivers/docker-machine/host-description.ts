import { waitFor } from '../../lib/abort.js';
import type { SshLogin } from '../../lib/ssh-login.js';
import type { HostDescription, HostState } from '../driver.js';
import type { DriverPlugin } from './plugin.js';

/** libmachine's states by number. Source: libmachine/state/state.go. */
export const stateNames: Readonly<Record<number, HostState>> = {
  0: 'absent',
  1: 'running',
  2: 'paused',
  3: 'stopped', // saved
  4: 'stopped',
  5: 'stopped', // stopping
  6: 'starting',
};

export async function hostState(plugin: DriverPlugin): Promise<HostState> {
  return stateNames[await plugin.state()] ?? 'error';
}

const powerTimeoutMs = 5 * 60_000;

/** The cloud may take its time after the call has come back. Errors: TIMEOUT. */
export async function waitForState(
  plugin: DriverPlugin,
  signal: AbortSignal,
  host: string,
  wanted: HostState,
): Promise<void> {
  const deadline = { timeoutMs: powerTimeoutMs, intervalMs: 500, signal, host, what: `${host} to be ${wanted}` };
  await waitFor(deadline, async () => ((await hostState(plugin)) === wanted ? true : undefined));
}

const dockerPort = 2376;

/** Where the plugin says that the host is. Its host key cannot be known: the first one that is seen is pinned. */
export async function describeHost(plugin: DriverPlugin): Promise<HostDescription> {
  const host = await plugin.text('GetSSHHostname');
  const ip = await plugin.text('GetIP');
  const [user, key, url] = [
    await plugin.text('GetSSHUsername'),
    await plugin.text('GetSSHKeyPath'),
    await plugin.text('GetURL').catch(() => ''),
  ];
  return {
    ssh: { host, port: await plugin.sshPort(), user, ...loginWith(key) },
    engine: { host: ip, port: Number(/:(\d+)$/.exec(url)?.[1] ?? dockerPort) },
    privateAddresses: [ip],
  };
}

/** With the key that the plugin made, or with the caller's own where it made none. */
function loginWith(key: string): { readonly login: SshLogin } {
  return {
    login: {
      identityFiles: key === '' ? [] : [key],
      ...(key === '' && { agent: 'SSH_AUTH_SOCK' }),
      jumps: [],
      policy: { knownHosts: [], unknown: 'accept' },
    },
  };
}
