import { promises as files } from 'node:fs';
import { join } from 'node:path';
import type { DriverDeclaration } from '../../drivers/driver.js';
import { usageError } from '../../lib/errors.js';
import { pluginFolder } from '../../lib/home-folder.js';
import { nearest } from '../../lib/nearest.js';
import { inPackage } from '../../lib/package-folder.js';
import type { SwarmNameKind } from '../../operations/clients/swarm-names.js';
import type { CommandIo } from '../command-io.js';
import { swarmHere } from '../swarm-here.js';
import { swarmup } from '../../lib/typed-command.js';
import type { OperationContext } from '../../operations/access/context.js';
import { type CommandManifest, readWords } from '../completion/command-manifest.js';
import {
  asksForDrivers,
  completeWords,
  type GivenWords,
  kindAsked,
  type NameSources,
} from '../completion/complete-words.js';
import { completionShells, shellOutputs, typedWords, type CompletionShell } from '../completion/shell-output.js';
import { quick } from '../define-command.js';

export const completionCommand = quick.shows({
  summary: 'print a shell script that completes commands, flags and names',
  description:
    `Shells: ${completionShells.join(', ')}. ` +
    'The script asks swarmup each time you press TAB, so you do not have to load it again after an upgrade. It ' +
    'passes the words of the command line after the name of the shell.',
  examples: [
    `eval "$(${swarmup`completion bash`})"`,
    swarmup`completion fish > ~/.config/fish/completions/swarmup.fish`,
    swarmup`completion powershell | Out-String | Invoke-Expression`,
  ],
  args: { shell: { description: 'shell', many: true, names: 'shells' } },
  // Drivers of plugins are known to oclif only.
  isQuick: ({ shell: [shell, ...words] }) =>
    words.length === 0 || !asksForDrivers(ownWords(), typedWords(shellOf(shell), words)),
  asksDrivers: ({ shell: [shell, ...words] }) => {
    if (words.length === 0) return false;
    const kind = kindAsked(ownWords(), typedWords(shellOf(shell), words));
    return kind === 'images' || kind === 'snapshots';
  },
  run: async ({ args, io, operate }) => {
    const [name, ...words] = args.shell;
    const shell = shellOf(name);
    if (words.length === 0) return { shell, script: shellOutputs[shell].script, candidates: undefined };
    return operate({ quiet: true }, async (context) => {
      const manifest = await manifestWith(context.drivers.declarations);
      const candidates = await completeWords(manifest, typedWords(shell, words), nameSources(context, io));
      return { shell, script: undefined, candidates };
    });
  },
  render: ({ shell, script, candidates = [] }) =>
    script ?? candidates.map((candidate) => `${shellOutputs[shell].line(candidate)}\n`).join(''),
});

let read: CommandManifest | undefined;
/** Asked for several times by one TAB. */
const ownWords = (): CommandManifest => (read ??= readWords());

async function manifestWith(drivers: readonly DriverDeclaration[]): Promise<CommandManifest> {
  if (drivers.length === 0) return ownWords();
  const { withDriverCommands } = await import('../completion/driver-commands.js');
  return withDriverCommands(ownWords(), drivers);
}

function shellOf(name = ''): CompletionShell {
  const shell = completionShells.find((other) => other === name);
  if (shell !== undefined) return shell;
  const known = completionShells.join(', ');
  throw usageError(
    'SHELL_UNKNOWN',
    name === '' ? `name the shell: ${known}` : `completion is for ${known}, not for ${JSON.stringify(name)}`,
    ...nearest(name, completionShells).map((proposal) => `did you mean: ${swarmup`completion ${proposal}`}`),
  );
}

/** A user waits after pressing TAB, so a swarm must answer quickly. */
const timeoutMs = 1000;

function nameSources(context: OperationContext, io: CommandIo): NameSources {
  const { store, drivers } = context;
  const ofSwarm = (kind: SwarmNameKind) => async (given: GivenWords) => {
    const { swarmNames } = await import('../../operations/clients/swarm-names.js');
    return swarmNames(context, { swarm: given.swarm ?? (await swarmHere(io)), kind, timeoutMs });
  };
  return {
    hosts: () => store.names(),
    swarms: async () => {
      const { machines } = await store.list();
      return sortedOnce(['default', ...machines.flatMap(({ swarm }) => swarm ?? [])]);
    },
    templates: () => files.readdir(inPackage('templates', 'labs')),
    pools: async ({ swarm = '' }) => {
      const here = swarm || (await swarmHere(io));
      const { machines } = await store.list();
      return sortedOnce(machines.flatMap((record) => (record.swarm === here ? (record.lab?.pool ?? []) : [])));
    },
    packages: () => installedPackages(io),
    drivers: async () => [...drivers.declarations.map(({ name }) => name), ...(await drivers.found())].sort(),
    services: ofSwarm('services'),
    stacks: ofSwarm('stacks'),
    networks: ofSwarm('networks'),
    secrets: ofSwarm('secrets'),
    configs: ofSwarm('configs'),
    nodes: async (given) => sortedOnce([...(await store.names()), ...(await ofSwarm('nodes')(given))]),
    orphans: async () => {
      const { findOrphans } = await import('../../operations/access/orphans.js');
      return (await findOrphans(context, { patienceMs: timeoutMs })).orphans.map(({ name }) => name);
    },
    snapshots: async () => {
      const { snapshotNames } = await import('../../operations/hosts/snapshots.js');
      return snapshotNames(context, { timeoutMs });
    },
    images: async () => {
      const { listImages } = await import('../../operations/drivers/images.js');
      // Without a driver that has images there are none to propose.
      return listImages(context, { driver: undefined }).then(
        ({ images }) => images.map(({ name }) => name),
        () => [],
      );
    },
  };
}

const sortedOnce = (names: readonly string[]): readonly string[] => [...new Set(names)].sort();

/** What `driver add` installed. */
async function installedPackages({ env, platform }: CommandIo): Promise<readonly string[]> {
  const file = join(pluginFolder(env, platform), 'package.json');
  // Without the file nothing is installed.
  const text = await files.readFile(file, 'utf8').catch(() => '{}');
  return Object.keys((JSON.parse(text) as { readonly dependencies?: object }).dependencies ?? {}).sort();
}
