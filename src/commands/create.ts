import { swarmup } from '../lib/typed-command.js';
import { createFlags, createOptions, createRequest } from '../cli/create-request.js';
import { foundDriver } from '../cli/found-driver.js';
import { outcomeCode } from '../cli/hosts-command.js';
import { changes } from '../cli/oclif-command.js';
import { driverFlags, forceFlag, splitValues } from '../cli/oclif-flags.js';
import { createSummary } from '../cli/render/create-summary.js';
import { readSettings } from '../cli/settings.js';
import type { CommandTools } from '../cli/command.js';
import { builtInDrivers } from '../drivers/built-in.js';
import type { DriverDeclaration } from '../drivers/driver.js';

const builtIn = builtInDrivers.map(({ declaration }) => declaration);

export default changes({
  summary: 'create hosts with Docker Engine and join them to one swarm',
  description:
    'The first host becomes the manager and the others become workers. Run the command again with more names to ' +
    'add hosts to the swarm. Healthy hosts are left as they are, and interrupted creations are finished.',
  examples: [
    swarmup`create manager agent1 agent2`,
    swarmup`create --managers 3 m1 m2 m3 agent1`,
    swarmup`create --no-swarm --driver docker plain`,
    swarmup`create manager=10.0.0.1 agent1=ubuntu@10.0.0.2:8022`,
  ],
  args: {
    name: {
      description: 'names of the hosts; write NAME=[USER@]ADDRESS[:PORT] for a host that exists already',
      many: true,
      required: true,
      names: 'hosts',
      mayBeNew: true,
    },
  },
  flags: { ...driverFlags(builtIn), ...createFlags, force: forceFlag(builtIn) },
  // The static flags are those of the built-in drivers; plugins add theirs now.
  read: async (tools) => {
    const drivers = await driversOf(tools);
    return { argv: splitValues(tools.argv, drivers), flags: { ...driverFlags(drivers), ...createFlags } };
  },
  run: async (call) => {
    const { args, flags, given, io, operate } = call;
    const request = createRequest(args.name, flags, given, await driversOf(call), io.env, await readSettings(io));
    const { createHosts } = await import('../operations/create/create-hosts.js');
    return operate({ quiet: flags.quiet }, (context) => createHosts(context, request, createOptions(flags)));
  },
  exitCode: ({ hosts }) => outcomeCode(hosts),
  render: (result, { io }) => createSummary(io, result),
});

/** Those that are known, and the one that is found only by its name. */
async function driversOf({ argv, io, drivers }: CommandTools): Promise<readonly DriverDeclaration[]> {
  const { registry } = await drivers();
  return [...registry.declarations, ...(await foundDriver(registry, argv, io.env, await readSettings(io)))];
}
