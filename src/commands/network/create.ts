import { swarmup } from '../../lib/typed-command.js';
import { quietFlag, swarmFlag } from '../../cli/swarm-flags.js';
import { changes } from '../../cli/oclif-command.js';
import { labelsOf } from '../../cli/label-flags.js';
import { createdNetwork } from '../../cli/render/network-tables.js';

export default changes({
  summary: 'create an overlay network with a free subnet and a suitable MTU',
  description:
    'The subnet must not overlap a network of a host, of this computer or of the swarm. The MTU is the smallest ' +
    "MTU of the hosts' networks (at most 1500), minus the headers of VXLAN (50 bytes) and, for an encrypted " +
    'network, of ESP.',
  examples: [
    swarmup`network create --attachable front`,
    swarmup`network create --encrypted --subnet 10.50.0.0/24 back`,
  ],
  args: { name: { description: 'name of the network', required: true } },
  flags: {
    swarm: swarmFlag,
    subnet: {
      type: 'string',
      description: 'subnet of the network [default: a free subnet of the address pool]',
      value: 'CIDR',
    },
    gateway: { type: 'string', description: 'address of the gateway', value: 'ADDRESS' },
    'ip-range': {
      type: 'string',
      description: 'part of the subnet from which containers get their addresses',
      value: 'CIDR',
    },
    encrypted: { type: 'boolean', description: 'encrypt the traffic between hosts (IPsec)' },
    attachable: {
      type: 'boolean',
      description: 'also allow containers that are not part of a service to join the network',
    },
    internal: { type: 'boolean', description: 'do not connect the network to the outside' },
    ingress: {
      type: 'boolean',
      description: 'make this the network of the routing mesh; a swarm has only one',
      excludes: ['attachable', 'internal'],
    },
    mtu: {
      type: 'integer',
      description: "MTU of the network [default: calculated from the hosts' networks]",
      value: 'BYTES',
    },
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
