import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { readRegistry, sleep, tryCreate, userHome } from '../home.js';
import { rmSync } from 'node:fs';
import { ipNumber, ipText, prefixLength } from '../networks.js';
import { Refusal } from './backend.js';
import { engine, engineSays, tolerant } from './docker.js';

/** Everything that this folder of settings made. */
export const homeLabel = 'vboxmanage.home';

export const homeId = (): string => createHash('sha256').update(userHome()).digest('hex').slice(0, 8);

const networkName = (adapter: string): string => `vbox-${homeId()}-${adapter}`;

/** The network of a host-only interface: a bridge with the interface's address. Made when it is first needed. */
export async function ensureHostOnlyNetwork(adapter: string): Promise<string> {
  const found = readRegistry().hostOnly.find(({ name }) => name === adapter);
  if (found === undefined)
    throw new Refusal(`Nonexistent host networking interface, name '${adapter}' (VERR_INTERNAL_ERROR)`);
  const name = networkName(adapter);
  const length = prefixLength(found.netmask);
  const size = 2 ** (32 - length);
  const subnet = `${ipText(Math.floor((ipNumber(found.ip) ?? 0) / size) * size)}/${String(length)}`;
  const lock = join(userHome(), `${adapter}.lock`);
  while (!tryCreate(lock)) sleep(20);
  try {
    const filters = JSON.stringify({ name: [`^${name}$`] });
    if ((await engine.request<readonly unknown[]>('GET', '/networks', { query: { filters } })).length > 0) return name;
    await engine.request('POST', '/networks/create', {
      body: {
        Name: name,
        CheckDuplicate: true,
        Driver: 'bridge',
        IPAM: { Config: [{ Subnet: subnet, Gateway: found.ip }] },
        Labels: { [homeLabel]: userHome() },
      },
    });
  } catch (error) {
    if (engineSays(error, /overlap/i))
      throw new Refusal(`Failed to attach the network LUN (VERR_INTNET_FLT_IF_FAILED): ${String(error)}`);
    throw error;
  } finally {
    rmSync(lock, { force: true });
  }
  return name;
}

export const removeHostOnlyNetwork = (adapter: string): Promise<void> =>
  tolerant(engine.request('DELETE', `/networks/${networkName(adapter)}`));
