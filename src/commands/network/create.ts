import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { labelsOf } from '../../cli/label-flags.js';
import { createdNetwork } from '../../cli/render/network-tables.js';

export default changes({
  summary: 'make an overlay network that meets no other, with an MTU that fits',
  description:
    'Its subnet must not overlap a network of a host, of this machine or of the swarm. Its MTU is the smallest of the ' +
    'networks below (1500 at most), less the headers of VXLAN (50 bytes) and, encrypted, of ESP.',
  examples: [
    '<%= config.bin %> network create --attachable front',
    '<%= config.bin %> network create --encrypted --subnet 10.50.0.0/24 back',
  ],
  args: { name: { description: 'the network', required: true } },
  flags: {
    swarm: swarmFlag,
    subnet: { type: 'string', description: 'its addresses [default: a free one of the pool]', value: 'CIDR' },
    gateway: { type: 'string', description: 'address of its gateway', value: 'ADDRESS' },
    'ip-range': { type: 'string', description: 'containers get addresses of this part only', value: 'CIDR' },
    encrypted: { type: 'boolean', description: 'encrypt what passes between hosts (IPsec)' },
    attachable: { type: 'boolean', description: 'also containers that are no tasks may enter it' },
    internal: { type: 'boolean', description: 'no way out of it' },
    ingress: {
      type: 'boolean',
      description: 'the network of the routing mesh, of which there is one',
      excludes: ['attachable', 'internal'],
    },
    mtu: { type: 'integer', description: 'of containers in it [default: what fits]', value: 'BYTES' },
    label: { type: 'list', description: 'label of the network', value: 'KEY=VALUE' },
    quiet: quietFlag,
  },
  run: async ({ args, flags, operate }) => {
    const { makeNetwork } = await import('../../operations/networks/create-network.js');
    const { swarm, subnet, gateway, encrypted, attachable, internal, ingress, mtu } = flags;
    const request = {
      ...{ swarm, subnet, gateway, encrypted, attachable, internal, ingress, mtu },
      name: args.name,
      ipRange: flags['ip-range'],
      labels: labelsOf(flags.label, '--label'),
      dryRun: flags['dry-run'],
    };
    return operate({ quiet: flags.quiet }, (context) => makeNetwork(context, request));
  },
  render: createdNetwork,
});
