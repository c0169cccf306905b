import { randomBytes } from 'node:crypto';
import { recordedText } from './texts.js';
import type { Hardware, Nic } from './model.js';

export interface OsType {
  readonly id: string;
  readonly description: string;
  readonly arm: boolean;
}

/** The guest systems that the tool knows, from its own list. */
function osTypes(): readonly OsType[] {
  const pattern = /^ID \/ Description: (\S+) -- (.*)\n.*\nArchitecture: +(.*)$/gm;
  return [...recordedText('list-ostypes').matchAll(pattern)].map(
    ([, id = '', description = '', architecture = '']) => ({
      id,
      description,
      arm: architecture.startsWith('ARM'),
    }),
  );
}

/** By id or by description. */
export const findOsType = (name: string): OsType | undefined =>
  osTypes().find(({ id, description }) => id.toLowerCase() === name.toLowerCase() || description === name);

const nicCount = 8;

export const randomMac = (): string => `080027${randomBytes(3).toString('hex').toUpperCase()}`;

const unusedNic = (): Nic => ({
  attachment: 'none',
  type: '82540EM',
  mac: randomMac(),
  cable: true,
  networks: {},
  localhostReachable: true,
  forwards: [],
});

/** Of a new machine: what its guest system is known to like, and one card behind NAT; nothing of the kind without one. */
export function defaultHardware(osType: OsType | undefined): Hardware {
  const known = osType !== undefined;
  const linux64 = known && /_64$|arm64$/.test(osType.id);
  return {
    settings: {
      memory: '1024',
      vram: '8',
      cpus: '1',
      'x86-pae': known ? 'off' : 'on',
      'x86-x2apic': known ? 'on' : 'off',
      'rtc-use-utc': known ? 'on' : 'off',
      'paravirt-effective': linux64 ? 'kvm' : 'none',
    },
    nics: Array.from({ length: nicCount }, (_, index) => ({
      ...unusedNic(),
      attachment: known && index === 0 ? 'nat' : 'none',
    })),
    controllers: [],
    sharedFolders: [],
    guestProperties: {},
  };
}
