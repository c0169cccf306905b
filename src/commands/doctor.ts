import { swarmup } from '../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../cli/swarm-flags.js';
import { changes } from '../cli/oclif-command.js';
import { doctorReport } from '../cli/render/doctor-report.js';
import { usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { DoctorResult } from '../operations/health/doctor.js';

export default changes({
  summary: 'check that hosts, and the network between them, suit a swarm',
  description:
    'The command tries the ports of a swarm between all pairs of hosts, sends real data through a temporary ' +
    'overlay network, and checks clocks, names, networks, kernels, disks and limits. It exits with code 6 if it ' +
    'finds an error.',
  examples: [swarmup`doctor`, swarmup`doctor agent1 agent2`, swarmup`doctor --fix --dry-run`],
  args: {
    name: { description: 'hosts [default: all hosts of the swarm]', many: true, names: 'hosts' },
  },
  flags: {
    swarm: swarmFlag,
    fix: { type: 'boolean', description: 'fix the problems that can be fixed without risk to running tasks' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, operate, exitWith, print, io }): Promise<DoctorResult> => {
    if (flags['dry-run'] && !flags.fix)
      throw usageError('FLAG_NEEDS', '--dry-run needs --fix: without --fix, doctor changes nothing');
    const { doctor } = await import('../operations/health/doctor.js');
    const request = { swarm: flags.swarm, names: args.name, fix: flags.fix, dryRun: flags['dry-run'] };
    const result = await operate({ quiet: flags.quiet }, (context) => doctor(context, request));
    if (!result.healthy) exitWith(exitCodes.unhealthy);
    print(doctorReport(io, result));
    return result;
  },
});
