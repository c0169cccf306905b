import { exitCodes } from '../lib/exit-codes.js';
import type { ServicesResult } from '../operations/services/service-results.js';
import { serviceOutcomes } from './render/service-tables.js';

/** How a command ends that tells what became of each service: exit 6 when one failed, 124 when one did not converge in time. */
export const servicesChanged = {
  exitCode: ({ services }: ServicesResult): number => {
    const states = services.map(({ state }) => state);
    if (states.includes('failed')) return exitCodes.unhealthy;
    return states.includes('timed-out') ? exitCodes.timeout : exitCodes.ok;
  },
  render: serviceOutcomes,
};
