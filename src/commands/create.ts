import { Args } from '@oclif/core';
import { builtInDrivers } from '../drivers/built-in.js';
import type { CreateResult } from '../operations/access/results.js';
import { BaseCommand } from '../cli/base-command.js';
import { createFlags, createOptions, createRequest } from '../cli/create-request.js';
import { outcomeCode } from '../cli/hosts-command.js';
import { foundDriver } from '../cli/found-driver.js';
import { driverFlags, forceFlag, splitValues } from '../cli/oclif-flags.js';
import { createSummary } from '../cli/render/create-summary.js';
import { readSettings } from '../cli/settings.js';

const builtIn = builtInDrivers.map(({ declaration }) => declaration);

export default class Create extends BaseCommand {
  static override summary = 'create hosts with Docker Engine and join them to one swarm';
  static override description =
    'The first name is the manager, the others are workers; more hosts join the swarm later the same way. ' +
    'Hosts that are there and healthy are left alone, half-made ones are finished.';
  static override examples = [
    '<%= config.bin %> create manager agent1 agent2',
    '<%= config.bin %> create --managers 3 m1 m2 m3 agent1',
    '<%= config.bin %> create --no-swarm --driver docker plain',
    '<%= config.bin %> create manager=10.0.0.1 agent1=ubuntu@10.0.0.2:8022',
  ];
  static override args = {
    name: Args.string({
      description: 'hosts; NAME=[USER@]ADDRESS[:PORT] for one that exists already',
      multiple: true,
      required: true,
    }),
  };
  static override flags = { ...driverFlags(builtIn), ...createFlags, force: forceFlag(builtIn) };

  async run(): Promise<CreateResult> {
    const { registry } = await this.settings.drivers();
    const settings = await readSettings(this.io);
    // The static flags are those of the built-in drivers; plugins add theirs now.
    const drivers = [...registry.declarations, ...(await foundDriver(registry, this.argv, this.io.env, settings))];
    const command = {
      args: Create.args,
      flags: { ...driverFlags(drivers), ...Create.flags },
      baseFlags: Create.baseFlags,
      enableJsonFlag: true,
    };
    const { args, flags } = await this.parse(command, splitValues(this.argv, drivers));
    const request = createRequest(args.name, flags, drivers, this.io.env, settings);
    const { createHosts } = await import('../operations/create/create-hosts.js');
    const options = createOptions(flags);
    const result = await this.operate({ quiet: flags.quiet }, (context) => createHosts(context, request, options));
    this.exitWith(outcomeCode(result.hosts));
    this.print(createSummary(this.io, result));
    return result;
  }
}
