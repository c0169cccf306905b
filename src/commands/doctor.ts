import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { quietFlag } from '../cli/hosts-command.js';
import { listArg } from '../cli/list-arg.js';
import { doctorReport } from '../cli/render/doctor-report.js';
import { dryRunFlag, swarmFlag } from '../cli/swarm-flags.js';
import { usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { DoctorResult } from '../operations/health/doctor.js';

export default class Doctor extends BaseCommand {
  static override summary = 'check hosts, and the network between them, as a swarm needs them';
  static override description =
    'Tries the ports of a swarm from every host to every other, sends real payload through a throw-away overlay ' +
    'network, and looks at clocks, names, networks, kernels, disks and limits. Ends with code 6 when it finds an error.';
  static override examples = [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor agent1 agent2',
    '<%= config.bin %> doctor --fix --dry-run',
  ];
  static override args = {
    name: listArg('hosts [default: all of the swarm]'),
  };
  static override flags = {
    swarm: swarmFlag,
    fix: Flags.boolean({ description: 'do what can be done about it without a risk for what runs there' }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<DoctorResult> {
    const { args, flags } = await this.parse(Doctor);
    if (flags['dry-run'] && !flags.fix)
      throw usageError('FLAG_NEEDS', '--dry-run belongs to --fix: a check-up alone changes nothing');
    const { doctor } = await import('../operations/health/doctor.js');
    const request = { swarm: flags.swarm, names: args.name, fix: flags.fix, dryRun: flags['dry-run'] };
    const result = await this.operate({ quiet: flags.quiet }, (context) => doctor(context, request));
    if (!result.healthy) this.exitWith(exitCodes.unhealthy);
    this.print(doctorReport(this.io, result));
    return result;
  }
}
