import { quietFlag, swarmFlag } from '../cli/swarm-flags.js';
import { changes } from '../cli/oclif-command.js';
import { doctorReport } from '../cli/render/doctor-report.js';
import { usageError } from '../lib/errors.js';
import { exitCodes } from '../lib/exit-codes.js';
import type { DoctorResult } from '../operations/health/doctor.js';

export default changes({
  summary: 'check hosts, and the network between them, as a swarm needs them',
  description:
    'Tries the ports of a swarm from every host to every other, sends real payload through a throw-away overlay ' +
    'network, and looks at clocks, names, networks, kernels, disks and limits. Ends with code 6 when it finds an error.',
  examples: [
    '<%= config.bin %> doctor',
    '<%= config.bin %> doctor agent1 agent2',
    '<%= config.bin %> doctor --fix --dry-run',
  ],
  args: {
    name: { description: 'hosts [default: all of the swarm]', many: true },
  },
  flags: {
    swarm: swarmFlag,
    fix: { type: 'boolean', description: 'do what can be done about it without a risk for what runs there' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, operate, exitWith, print, io }): Promise<DoctorResult> => {
    if (flags['dry-run'] && !flags.fix)
      throw usageError('FLAG_NEEDS', '--dry-run belongs to --fix: a check-up alone changes nothing');
    const { doctor } = await import('../operations/health/doctor.js');
    const request = { swarm: flags.swarm, names: args.name, fix: flags.fix, dryRun: flags['dry-run'] };
    const result = await operate({ quiet: flags.quiet }, (context) => doctor(context, request));
    if (!result.healthy) exitWith(exitCodes.unhealthy);
    print(doctorReport(io, result));
    return result;
  },
});
