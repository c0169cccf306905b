import { swarmup } from '../../lib/typed-command.js';
import type { BundleContents } from '../../operations/transfer/bundle-contents.js';

/** What a file of hosts brings, for the question whether to take it. */
export function bundleContents(contents: BundleContents): string {
  const { hosts, swarms, clientCertificate, authority } = contents;
  const lines = [
    `the file brings ${hosts.length === 1 ? '1 host' : `${hosts.length} hosts`}:`,
    ...hosts.flatMap((host) => [`  ${hostText(host)}`, ...leftOutText(host)]),
    ...swarms.map(
      ({ name, known }) =>
        `  swarm ${name}: ${known ? 'it is on record here, and the hosts become part of it' : 'new here; later hosts of this name join it'}`,
    ),
    `  client certificate of the sender: ${clientCertificate ? 'yes' : `no; ${swarmup`env`} needs ${swarmup`regenerate-certs`} first`}`,
    `  authority of the sender: ${authority ? 'yes, left out without --with-authority' : 'no'}`,
  ];
  return `${lines.join('\n')}\n`;
}

function hostText({ name, driver, swarm, role, ssh, through, keys, options }: BundleContents['hosts'][number]): string {
  return [
    name,
    `driver ${driver}`,
    swarm === null ? 'in no swarm' : `${role ?? 'member'} of swarm ${swarm}`,
    `ssh ${ssh ?? 'not reached yet'}`,
    ...(through.length === 0 ? [] : [`through ${through.join(' and ')}`]),
    keys.length === 0 ? 'no key' : `keys ${keys.join(' ')}`,
    ...(options.length === 0 ? [] : [`options ${options.join(' ')}`]),
  ].join(', ');
}

const leftOutText = ({ leftOut }: BundleContents['hosts'][number]): readonly string[] =>
  leftOut.length === 0 ? [] : [`    left out: ${leftOut.join('; ')}`];
