import { existsSync, readFileSync } from 'node:fs';

/** IPv4 address as a number; undefined for what is none. */
export function ipNumber(address: string): number | undefined {
  const parts = address.split('.').map(Number);
  if (parts.length !== 4 || !parts.every((part) => Number.isInteger(part) && part >= 0 && part <= 255))
    return undefined;
  return parts.reduce((sum, part) => sum * 256 + part, 0);
}

export const ipText = (number: number): string =>
  [24, 16, 8, 0].map((shift) => String((number >>> shift) & 255)).join('.');

export const prefixLength = (netmask: string): number =>
  (ipNumber(netmask) ?? 0)
    .toString(2)
    .split('')
    .filter((bit) => bit === '1').length;

const contains = (cidr: string, address: number): boolean => {
  const [base = '', length = '32'] = cidr.split('/');
  const start = ipNumber(base);
  if (start === undefined) return false;
  const size = 2 ** (32 - Number(length));
  return Math.floor(start / size) === Math.floor(address / size);
};

/** Where an administrator allows other ranges; the variable is this double's own. */
const policyFile = (): string => process.env['VBOX_DOUBLE_NETWORKS_CONF'] ?? '/etc/vbox/networks.conf';

/** Whether a host-only interface may have an address: lines `* CIDR CIDR …` of the file; without a file 192.168.56.0/21. */
export function isAllowed(address: string): boolean {
  const number = ipNumber(address);
  if (number === undefined) return false;
  const file = policyFile();
  const ranges = existsSync(file)
    ? readFileSync(file, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('*'))
        .flatMap((line) => line.slice(1).trim().split(/\s+/))
    : ['192.168.56.0/21'];
  return ranges.some((range) => contains(range, number));
}
