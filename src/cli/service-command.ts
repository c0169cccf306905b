import { exitCodes } from '../lib/exit-codes.js';
import type { OperationContext } from '../operations/access/context.js';
import type { ServicesResult } from '../operations/services/service-results.js';
import { BaseCommand } from './base-command.js';
import { serviceOutcomes } from './render/service-tables.js';

/** A command that changes services and tells what became of each. */
export abstract class ServiceCommand extends BaseCommand {
  /** Exit 6 when a service failed, 124 when one did not converge in time. */
  protected async change<R extends ServicesResult>(
    quiet: boolean,
    act: (context: OperationContext) => Promise<R>,
  ): Promise<R> {
    const result = await this.operate({ quiet }, act);
    const states = result.services.map(({ state }) => state);
    if (states.includes('failed')) this.exitWith(exitCodes.unhealthy);
    else if (states.includes('timed-out')) this.exitWith(exitCodes.timeout);
    this.print(serviceOutcomes(result));
    return result;
  }
}
