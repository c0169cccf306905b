import type { DriverContext } from './driver.js';

/** The addresses on record of the host with this ID, and those of all other hosts of the driver. */
export async function reservedFor(
  { reservedAddresses }: Pick<DriverContext, 'reservedAddresses'>,
  id: string,
): Promise<{ readonly own: readonly string[]; readonly others: readonly string[] }> {
  const reserved = await reservedAddresses();
  const of = (isOwn: boolean): readonly string[] =>
    reserved.filter((host) => (host.id === id) === isOwn).flatMap(({ addresses }) => addresses);
  return { own: of(true), others: of(false) };
}
