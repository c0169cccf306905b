import { existsSync } from 'node:fs';
import { parse } from 'yaml';
import { readRegistry } from '../home.js';
import { mediumPath } from '../media.js';
import type { Machine } from '../model.js';
import { readIso } from './iso.js';

/** Files of the NoCloud data source: user-data, meta-data, network-config, vendor-data. */
export type Seed = ReadonlyMap<string, Buffer>;

/** Of the first attached image that has the label of the data source; undefined without one. */
export function seedOf({ hardware }: Machine): Seed | undefined {
  const { media } = readRegistry();
  const images = hardware.controllers
    .flatMap(({ attachments }) => attachments)
    .filter(({ kind, medium }) => kind === 'dvd' && medium !== undefined)
    .map(({ medium }) => mediumPath(media, medium ?? ''))
    .filter((path) => existsSync(path));
  return images.map(readIso).find(({ label }) => label.toLowerCase() === 'cidata')?.files;
}

interface NetworkConfig {
  readonly ethernets?: Readonly<
    Record<string, { readonly match?: { readonly macaddress?: string }; readonly addresses?: readonly string[] }>
  >;
}

/** The static IPv4 address that the seed gives a card, told by its hardware address; undefined for a card without one. */
export function staticAddress(seed: Seed | undefined, mac: string): string | undefined {
  const text = seed?.get('network-config')?.toString('utf8');
  if (text === undefined) return undefined;
  const parsed = parse(text) as NetworkConfig & { readonly network?: NetworkConfig };
  const { ethernets = {} } = parsed.network ?? parsed;
  const wanted = mac.toLowerCase();
  const card = Object.values(ethernets).find(
    ({ match }) => match?.macaddress?.toLowerCase().replaceAll(':', '') === wanted,
  );
  return card?.addresses?.map((address) => address.replace(/\/\d+$/, '')).find((address) => address.includes('.'));
}

/** The name that the guest will have; an engine gives its containers one at every start. */
export function guestName(seed: Seed | undefined): string {
  const names = [readYaml(seed?.get('user-data'))['hostname'], readYaml(seed?.get('meta-data'))['local-hostname']];
  return names.find((name): name is string => typeof name === 'string') ?? 'localhost';
}

/** Nothing for what is no YAML, such as several parts in one file. */
function readYaml(file: Buffer | undefined): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = parse(file?.toString('utf8') ?? '');
    return typeof value === 'object' && value !== null ? (value as Readonly<Record<string, unknown>>) : {};
  } catch {
    return {};
  }
}
