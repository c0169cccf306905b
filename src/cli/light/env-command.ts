import { usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import { hostEnv, unsetEnv } from '../../operations/clients/env.js';
import { detectShell, envScript, shells } from '../render/env-script.js';
import { lightCommand } from './light-command.js';

export const envCommand = lightCommand({
  id: 'env',
  summary: 'print the commands that point the docker client of this shell to a host',
  description:
    'The shell is found out from the program that called swarmup, else from SHELL. ' +
    `In nushell: ${swarmup`env --shell nushell manager`} | from json | load-env`,
  examples: [
    'eval "$(<%= config.bin %> env manager)"',
    'eval "$(<%= config.bin %> env --unset)"',
    '<%= config.bin %> env --shell fish manager | source',
  ],
  names: { description: 'host [default: default, or the manager of the only swarm]', many: false },
  flags: {
    shell: { type: 'string', description: 'syntax to print', choices: shells },
    unset: { type: 'boolean', char: 'u', description: 'print the commands that undo it' },
    'no-proxy': { type: 'boolean', description: "add the host's address to NO_PROXY" },
  },
  run: async ({ context, names: [name = ''], flags }) => {
    if (!flags.unset) return { variables: await hostEnv(context, name, { noProxy: flags['no-proxy'] }) };
    if (!flags['no-proxy']) return { variables: unsetEnv() };
    throw usageError('USAGE', '--unset leaves NO_PROXY as it is: it cannot be used with --no-proxy');
  },
  render: ({ variables }, { names: [name = ''], flags, io }) => {
    const shell = flags.shell ?? detectShell(io.env, io.platform, io.parentProgram());
    const args = [
      ...(flags.shell === undefined ? [] : ['--shell', flags.shell]),
      ...(flags['no-proxy'] ? ['--no-proxy'] : []),
      flags.unset ? '--unset' : name,
    ];
    return envScript(shell, variables, swarmup`env ${args}`);
  },
});
