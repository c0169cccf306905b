/* Removes what guests left: VBoxClean disk UUID | merge UUID UUID | network NAME. */
import { existsSync } from 'node:fs';
import { diskContent, setDiskContent } from './container-disks.js';
import { removeHostOnlyNetwork } from './container-network.js';
import { engine, tolerant } from './docker.js';
import { removeBridge } from './qemu-network.js';

async function removeContent(medium: string): Promise<void> {
  const content = diskContent(medium);
  if (content?.container !== undefined) {
    await tolerant(
      engine.request('DELETE', `/containers/${content.container}`, {
        query: { force: true, v: true },
        timeoutMs: 60_000,
      }),
    );
  }
  if (content?.image !== undefined)
    await tolerant(engine.request('DELETE', `/images/${content.image}`, { query: { force: true } }));
  setDiskContent(medium, undefined);
}

async function main([, , what, first = '', second = '']: readonly string[]): Promise<void> {
  if (what === 'disk') await removeContent(first);
  else if (what === 'merge') {
    const content = diskContent(first);
    setDiskContent(first, undefined);
    await removeContent(second);
    setDiskContent(second, content);
  } else if (what === 'network') {
    removeBridge(first);
    if (existsSync('/var/run/docker.sock')) await removeHostOnlyNetwork(first);
  }
}

void main(process.argv);
