import { readFacts } from '../../bootstrap/facts.js';
import type { Driver, DriverContext } from '../../drivers/driver.js';
import type { MachineRecord } from '../../machine/machine-record.js';
import { chooseAdvertiseAddr, type HostNetworks, isOwnAddress } from '../../swarm/advertise-address.js';
import type { OperationContext } from '../access/context.js';
import { driverContext } from '../access/driver-context.js';

/**
 * The address that a host is to advertise as a node: the wanted one, else the one on record while it is the host's own,
 * else the one that `create` would choose. Errors: ADVERTISE_ADDR_UNKNOWN; those of the connection.
 */
export async function ownAdvertiseAddr(
  context: OperationContext,
  record: MachineRecord,
  { signal, wanted }: { readonly signal: AbortSignal; readonly wanted?: string | undefined },
): Promise<string> {
  const facts = await readFacts(await context.connect(record, { signal }), { signal });
  const driver = await context.drivers.get(record.driver);
  const known = record.advertiseAddr;
  if (wanted === undefined && known !== null && leadsTo(driver, facts, known)) return known;
  const own = driverContext(context, driver, record.options as DriverContext['options'], { signal });
  const [status] = await driver.inspect(own, [record.driverState ?? undefined]);
  const addresses = status?.description?.privateAddresses ?? record.addresses ?? [];
  return chooseAdvertiseAddr(record.name, facts, addresses, wanted);
}

/**
 * Whether packets to an address arrive at the host itself, as far as its interfaces tell. In front of a host that
 * existed before swarmup came there may be a NAT, so any address may lead to it.
 */
export const leadsTo = ({ locate }: Pick<Driver, 'locate'>, facts: HostNetworks, address: string): boolean =>
  locate !== undefined || isOwnAddress(facts, address);
