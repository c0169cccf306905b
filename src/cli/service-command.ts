import { exitCodes } from '../lib/exit-codes.js';
import type { ServicesResult } from '../operations/services/service-results.js';
import { serviceOutcomes } from './render/service-tables.js';

/**
 * The ending of a command that reports the result of each service: exit 6 if one failed, 124 if one did not converge in
 * time.
 */
export const servicesChanged = {
  exitCode: ({ services }: ServicesResult): number => {
    const states = services.map(({ state }) => state);
    if (states.includes('failed')) return exitCodes.unhealthy;
    return states.includes('timed-out') ? exitCodes.timeout : exitCodes.ok;
  },
  render: serviceOutcomes,
};
