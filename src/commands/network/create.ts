import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { quietFlag } from '../../cli/hosts-command.js';
import { labelsOf } from '../../cli/label-flags.js';
import { createdNetwork } from '../../cli/render/network-tables.js';
import { dryRunFlag, swarmFlag } from '../../cli/swarm-flags.js';
import type { CreateNetworkResult } from '../../operations/networks/create-network.js';

export default class NetworkCreate extends BaseCommand {
  static override summary = 'make an overlay network that meets no other, with an MTU that fits';
  static override description =
    'Its subnet must not overlap a network of a host, of this machine or of the swarm. Its MTU is the smallest of the ' +
    'networks below (1500 at most), less the headers of VXLAN (50 bytes) and, encrypted, of ESP.';
  static override examples = [
    '<%= config.bin %> network create --attachable front',
    '<%= config.bin %> network create --encrypted --subnet 10.50.0.0/24 back',
  ];
  static override args = { name: Args.string({ description: 'the network', required: true }) };
  static override flags = {
    swarm: swarmFlag,
    subnet: Flags.string({ description: 'its addresses [default: a free one of the pool]', helpValue: '<CIDR>' }),
    gateway: Flags.string({ description: 'address of its gateway', helpValue: '<ADDRESS>' }),
    'ip-range': Flags.string({ description: 'containers get addresses of this part only', helpValue: '<CIDR>' }),
    encrypted: Flags.boolean({ description: 'encrypt what passes between hosts (IPsec)' }),
    attachable: Flags.boolean({ description: 'also containers that are no tasks may enter it' }),
    internal: Flags.boolean({ description: 'no way out of it' }),
    ingress: Flags.boolean({
      description: 'the network of the routing mesh, of which there is one',
      exclusive: ['attachable', 'internal'],
    }),
    mtu: Flags.integer({ description: 'of containers in it [default: what fits]', helpValue: '<BYTES>' }),
    label: Flags.string({
      description: 'label of the network',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<KEY=VALUE>',
    }),
    'dry-run': dryRunFlag,
    quiet: quietFlag,
  };

  async run(): Promise<CreateNetworkResult> {
    const { args, flags } = await this.parse(NetworkCreate);
    const { makeNetwork } = await import('../../operations/networks/create-network.js');
    const { swarm, subnet, gateway, encrypted, attachable, internal, ingress, mtu } = flags;
    const request = {
      ...{ swarm, subnet, gateway, encrypted, attachable, internal, ingress, mtu },
      name: args.name,
      ipRange: flags['ip-range'],
      labels: labelsOf(flags.label ?? [], '--label'),
      dryRun: flags['dry-run'],
    };
    const result = await this.operate({ quiet: flags.quiet }, (context) => makeNetwork(context, request));
    this.print(createdNetwork(result));
    return result;
  }
}
