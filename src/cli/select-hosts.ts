import type { Role } from '../machine/machine-record.js';
import type { HostSelection } from '../operations/lab/lab-members.js';
import { nearestManifest } from './find-manifest.js';
import type { CommandTools } from './command.js';
import { labRequest } from './lab-command.js';

/** Arguments and flags of commands that do something on hosts of a lab. */
export const selectionArgs = {
  name: { description: 'hosts [default: all hosts of the lab]', many: true, names: 'hosts' },
} as const;
export const selectionFlags = {
  file: {
    type: 'string',
    description: 'manifest of the lab [default: swarmup.yaml in this folder or a folder above it]',
    value: 'FILE',
    isManifest: true,
  },
  pool: { type: 'string', description: 'select only the hosts of this pool', value: 'NAME' },
  role: { type: 'string', description: 'select only the hosts with this role', choices: ['manager', 'worker'] },
} as const;

interface SelectionFlags {
  readonly file?: string | undefined;
  readonly pool?: string | undefined;
  readonly role?: Role | undefined;
}

export async function selectionOf(
  tools: CommandTools,
  names: readonly string[],
  flags: SelectionFlags,
): Promise<HostSelection> {
  const isThere = (flags.file ?? nearestManifest(tools.io.cwd)) !== undefined;
  const lab = names.length === 0 && isThere ? await labRequest(tools, { file: flags.file }) : undefined;
  return { lab, names, pool: flags.pool, role: flags.role };
}

/** Lines of several hosts, each with its host's name before it. */
export function prefixed({ print }: CommandTools, names: readonly string[]): (host: string, line: string) => void {
  const width = Math.max(0, ...names.map((name) => name.length));
  return (host, line) => {
    print(`${host.padEnd(width)} | ${line}\n`);
  };
}
