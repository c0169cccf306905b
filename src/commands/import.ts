import { swarmup } from '../lib/typed-command.js';
import { changes } from '../cli/oclif-command.js';
import type { CommandTools } from '../cli/command.js';
import { resolve } from 'node:path';
import { usageError } from '../lib/errors.js';
import { noSwarm } from '../machine/names.js';
import { dockerMachineFolder } from '../cli/docker-machine-folder.js';
import { outcomeCode } from '../cli/hosts-command.js';
import { quietFlag } from '../cli/swarm-flags.js';
import { bundleContents } from '../cli/render/bundle-contents.js';
import { importTable } from '../cli/render/import-table.js';
import { lossOf, outcomeLines } from '../cli/render/outcome-lines.js';
import { readSealKey, sealFlags } from '../cli/seal-key.js';
import type { OperationContext } from '../operations/access/context.js';
import type { ImportBundleResult } from '../operations/transfer/import-bundle.js';
import type { ImportMachinesResult } from '../operations/transfer/import-machines.js';

export default changes({
  summary: 'adopt the machines of docker-machine or of a file written by export',
  description:
    'Without FILE, the machines of a docker-machine store are adopted. Their keys and certificates are copied; ' +
    'the store and the running machines are not changed. With FILE, the command shows what the file brings, and asks. ' +
    'See docs/from-docker-machine.md.',
  examples: [
    swarmup`import --dry-run`,
    swarmup`import --from ~/.docker/machine`,
    swarmup`import lab.swarmup --dry-run`,
  ],
  args: { file: { description: 'file that export wrote' } },
  // Hosts of docker-machine are in no swarm.
  scope: noSwarm,
  flags: {
    from: {
      type: 'string',
      description: 'folder of the docker-machine store [default: ~/.docker/machine] [env: MACHINE_STORAGE_PATH]',
      value: 'PATH',
    },
    'accept-new-host-key': { type: 'boolean', description: 'accept and pin host keys that are not known' },
    'with-authority': {
      type: 'boolean',
      description:
        'take the authority in FILE, too, if this store has none: its sender can then make certificates for all your hosts',
    },
    yes: { type: 'boolean', char: 'y', description: 'do not ask whether to take what FILE brings' },
    ...sealFlags,
    quiet: quietFlag,
  },
  run: async (call): Promise<ImportMachinesResult | ImportBundleResult> => {
    const { args, flags } = call;
    const { file } = args;
    if (file !== undefined)
      return call.operate({ quiet: flags.quiet }, (context) => ofFile(call, context, file, flags));
    if (flags['with-authority'])
      throw usageError('FLAG_NEEDS', '--with-authority needs a FILE: a store of docker-machine keeps its authority');
    const { importMachines } = await import('../operations/transfer/import-machines.js');
    const request = {
      from: resolve(flags.from ?? dockerMachineFolder(call.io)),
      dryRun: flags['dry-run'],
      trust: { acceptNew: flags['accept-new-host-key'] },
    };
    const result = await call.operate({ quiet: flags.quiet }, (context) => importMachines(context, request));
    if (!request.dryRun) call.exitWith(outcomeCode(result.machines));
    call.print(importTable(result.machines));
    return result;
  },
});

async function ofFile(
  call: CommandTools,
  context: OperationContext,
  path: string,
  flags: ImportFlags,
): Promise<ImportBundleResult> {
  const { checkBundleFile, importBundle, openBundle } = await import('../operations/transfer/import-bundle.js');
  const file = resolve(path);
  await checkBundleFile(file);
  const question = `Passphrase for ${path}`;
  const key = await readSealKey(call.io, flags, { signal: context.signal, question, isNew: false });
  const bundle = await openBundle(context, { file, key });
  const act = (dryRun: boolean, own = context): Promise<ImportBundleResult> =>
    importBundle(own, bundle, { dryRun, withAuthority: flags['with-authority'] });
  await call.approveLoss(flags, 'Import this?', async () => {
    // Its progress would say that something was imported.
    const { brings, hosts } = await act(true, { ...context, report: () => undefined });
    return `${bundleContents(brings)}${lossOf(call.io, hosts) ?? ''}`;
  });
  const result = await act(flags['dry-run']);
  call.exitWith(outcomeCode(result.hosts));
  if (flags['dry-run']) call.print(bundleContents(result.brings));
  call.print(outcomeLines(call.io, result.hosts));
  return result;
}

type ImportFlags = Parameters<typeof readSealKey>[1] &
  Parameters<CommandTools['approveLoss']>[0] & { readonly 'with-authority': boolean };
