import { promises as files } from 'node:fs';
import { builtInDrivers } from '../../drivers/built-in.js';
import type { DriverDeclaration } from '../../drivers/driver.js';
import { usageError } from '../../lib/errors.js';
import { nearest } from '../../lib/nearest.js';
import { inPackage } from '../../lib/package-folder.js';
import type { OperationContext } from '../../operations/access/context.js';
import { type CommandManifest, readWords } from '../completion/command-manifest.js';
import { asksForDrivers, completeWords, type NameSources } from '../completion/complete-words.js';
import { withDriverCommands } from '../completion/driver-commands.js';
import { completionShells, shellOutputs, typedWords, type CompletionShell } from '../completion/shell-output.js';
import { lightCommand } from './light-command.js';

export const completionCommand = lightCommand({
  id: 'completion',
  summary: 'print the script that makes a shell complete commands, flags and names',
  description:
    `Shells: ${completionShells.join(', ')}. ` +
    'The script asks swarmup at each TAB, so that it need not be read anew; words after the shell are what it asks about.',
  examples: [
    'eval "$(<%= config.bin %> completion bash)"',
    '<%= config.bin %> completion fish > ~/.config/fish/completions/swarmup.fish',
    '<%= config.bin %> completion powershell | Out-String | Invoke-Expression',
  ],
  names: { description: 'shell', many: true, hosts: false },
  flags: {},
  // Drivers of plugins are known to oclif only.
  isQuick: ([shell, ...words]) =>
    words.length === 0 || !asksForDrivers(manifestWith(builtIn), typedWords(shellOf(shell), words)),
  run: async ({ context, names: [name, ...words] }) => {
    const shell = shellOf(name);
    if (words.length === 0) return { shell, script: shellOutputs[shell].script };
    const candidates = await completeWords(
      manifestWith(context.drivers.declarations),
      typedWords(shell, words),
      nameSources(context),
    );
    return { shell, candidates };
  },
  render: ({ shell, script, candidates = [] }) =>
    script ?? candidates.map((candidate) => `${shellOutputs[shell].line(candidate)}\n`).join(''),
});

const builtIn = builtInDrivers.map(({ declaration }) => declaration);

/** What was asked for last: the quick way asks twice for the same. */
let last: { readonly drivers: readonly DriverDeclaration[]; readonly manifest: CommandManifest } | undefined;

function manifestWith(drivers: readonly DriverDeclaration[]): CommandManifest {
  if (last?.drivers.length !== drivers.length || last.drivers.some((driver, index) => driver !== drivers[index]))
    last = { drivers, manifest: withDriverCommands(readWords(), drivers) };
  return last.manifest;
}

function shellOf(name = ''): CompletionShell {
  const shell = completionShells.find((other) => other === name);
  if (shell !== undefined) return shell;
  const known = completionShells.join(', ');
  throw usageError(
    'SHELL_UNKNOWN',
    name === '' ? `name the shell: ${known}` : `completion is for ${known}, not for ${JSON.stringify(name)}`,
    ...nearest(name, completionShells).map((proposal) => `did you mean: swarmup completion ${proposal}`),
  );
}

function nameSources({ store, drivers }: OperationContext): NameSources {
  return {
    hosts: () => store.names(),
    swarms: async () => {
      const { machines } = await store.list();
      return [...new Set(['default', ...machines.flatMap(({ swarm }) => swarm ?? [])])].sort();
    },
    templates: () => files.readdir(inPackage('templates', 'labs')),
    drivers: async () => [...drivers.declarations.map(({ name }) => name), ...(await drivers.found())].sort(),
  };
}
