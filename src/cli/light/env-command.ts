import { usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import { hostEnv, unsetEnv } from '../../operations/clients/env.js';
import { detectShell, envScript, shells } from '../render/env-script.js';
import { quick } from '../define-command.js';
import { hostName, hostNamed } from './host-words.js';

export const envCommand = quick.shows({
  summary: 'print shell commands that point the docker client to a host',
  description:
    'swarmup detects the shell from the program that called it, or else from SHELL. In nushell, run: ' +
    `${swarmup`env --shell nushell manager`} | from json | load-env`,
  examples: [
    `eval "$(${swarmup`env manager`})"`,
    `eval "$(${swarmup`env --unset`})"`,
    swarmup`env --shell fish manager | source`,
    swarmup`env --check manager`,
  ],
  args: hostName,
  flags: {
    shell: { type: 'string', description: 'shell whose syntax to print', choices: shells },
    unset: { type: 'boolean', char: 'u', description: 'print the commands that undo the settings' },
    'no-proxy': { type: 'boolean', description: "add the host's address to NO_PROXY" },
    check: { type: 'boolean', description: 'connect first, and fail if the engine is not that of the host' },
  },
  asksDrivers: () => false,
  run: async ({ args, flags, operate }) => {
    if (!flags.unset)
      return operate({ quiet: true }, async (context) => ({
        variables: await hostEnv(context, await hostNamed(context, args.name), {
          noProxy: flags['no-proxy'],
          check: flags.check,
        }),
      }));
    if (flags['no-proxy'])
      throw usageError('USAGE', '--unset and --no-proxy cannot be used together: --unset does not change NO_PROXY');
    if (flags.check) throw usageError('USAGE', '--unset and --check cannot be used together: --unset asks no host');
    return { variables: unsetEnv() };
  },
  render: ({ variables }, { flags, io }) => {
    const shell = flags.shell ?? detectShell(io.env, io.platform, io.parentProgram());
    const args = [
      ...(flags.shell === undefined ? [] : ['--shell', flags.shell]),
      ...(flags['no-proxy'] ? ['--no-proxy'] : []),
      ...(flags.check ? ['--check'] : []),
      flags.unset ? '--unset' : (variables['DOCKER_MACHINE_NAME'] ?? ''),
    ];
    return envScript(shell, variables, swarmup`env ${args}`);
  },
});
