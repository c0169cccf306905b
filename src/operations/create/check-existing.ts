import type { OptionValues, SshAddress } from '../../drivers/driver.js';
import { SwarmupError, usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import type { ChosenDriver, ChosenGroup } from './choose-driver.js';
import type { OperationContext } from '../access/context.js';
import { createCommand } from '../access/create-command.js';
import { placeOf } from '../access/endpoint.js';
import { driverContext } from '../access/driver-context.js';

/**
 * Refuses what would make another host of the one that a name has already.
 * Errors: HOST_REMOVING; HOST_EXISTS (exit 2): another swarm, driver or address; those of the driver's `locate`.
 */
export async function checkExisting(
  context: OperationContext,
  record: MachineRecord,
  swarm: string | null,
  { group, chosen }: ChosenGroup,
): Promise<void> {
  const { name } = record;
  if (record.phase === 'removing')
    throw new SwarmupError('HOST_REMOVING', `the removal of ${name} was not finished`, {
      host: name,
      hints: [swarmup`rm --yes ${name}`],
    });
  if (record.swarm !== swarm)
    throw usageError(
      'HOST_EXISTS',
      `${name} exists already and ${record.swarm === null ? 'is a plain Docker host' : `belongs to swarm ${record.swarm}`}`,
      createCommand(record.swarm, [name]),
      ...(record.swarm === null && swarm !== null
        ? [`${swarmup`swarm join --swarm ${swarm} ${name}`} makes it a node`]
        : []),
      'or choose another name',
    );
  if (group.lab !== undefined && record.lab?.name !== group.lab.name)
    throw usageError(
      'HOST_EXISTS',
      `${name} exists already and does not belong to lab ${group.lab.name}`,
      'choose another name',
    );
  if (group.driver !== undefined && record.driver !== chosen.driver.name)
    throw usageError(
      'HOST_EXISTS',
      `${name} exists already and was made by the driver ${record.driver}`,
      'choose another name',
    );
  await checkAddress(context, record, chosen);
}

/** A host stays where it is: its record, its certificate and its swarm tell of that place. */
async function checkAddress(
  context: OperationContext,
  record: MachineRecord,
  { driver, options, addressed }: ChosenDriver,
): Promise<void> {
  const { name, endpoint } = record;
  const asked = addressed[name] ?? options;
  if (driver.name !== record.driver || driver.addressOptions === undefined) return;
  if (driver.locate === undefined || asked[driver.addressOptions.host] === undefined) return;
  const locate = driver.locate.bind(driver);
  const whereBy = async (given: OptionValues): Promise<string> =>
    whereOf((await locate(driverContext(context, driver, given), record)).ssh);
  const wanted = await whereBy(asked);
  const known = endpoint === null ? await whereBy(record.options as OptionValues) : whereOf(endpoint);
  if (wanted === known) return;
  throw usageError(
    'HOST_EXISTS',
    `${name} exists already: it is ${known}, not ${wanted}`,
    `choose another name for ${wanted}`,
    `or give up ${known} first: ${swarmup`rm ${name}`}`,
  );
}

const whereOf = (ssh: SshAddress): string => `${ssh.user}@${placeOf(ssh)}`;
