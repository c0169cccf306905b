import { spawnSync } from 'node:child_process';
import { existsSync, realpathSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { userHome } from './home.js';
import type { Medium } from './model.js';

/** Removes a disk's file, and what a guest made of it. */
export function deleteDisk({ uuid, location }: Medium): void {
  rmSync(location, { force: true });
  if (existsSync(join(userHome(), 'containers', uuid))) clean('disk', uuid);
}

/** A disk was merged into another: what a guest made of it belongs to that one now. */
export function mergeDisk(from: Medium, into: Medium): void {
  rmSync(from.location, { force: true });
  if (existsSync(join(userHome(), 'containers', from.uuid))) clean('merge', from.uuid, into.uuid);
}

/** Removes the network that guests had behind a host-only interface. */
export const deleteNetwork = (adapter: string): void => {
  if (existsSync(join(userHome(), 'sessions'))) clean('network', adapter);
};

/** A program of its own: this one, which is to be quick, cannot talk to engines. */
function clean(...args: readonly string[]): void {
  const program = join(dirname(realpathSync(process.argv[1] ?? '')), 'VBoxClean');
  spawnSync(process.execPath, [program, ...args], { stdio: ['ignore', 'ignore', 'inherit'], timeout: 60_000 });
}
