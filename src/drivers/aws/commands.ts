import { swarmup } from '../../lib/typed-command.js';
import type { DriverDeclaration } from '../driver.js';

/** `swarmup aws …`; run-command.ts runs them. */
export const awsCommands = {
  about: 'the AWS account of the driver aws: access to hosts, permissions, orphans',
  list: [
    {
      name: 'allow',
      summary: 'allow an address to reach the hosts of the driver aws',
      description:
        'Opens SSH and the engines of the hosts on record to the address of this computer, as create does, or to the ' +
        'networks that you name. Rules that swarmup did not make stay, and so do the rules of other owners: a group ' +
        'that an older swarmup shared with their hosts is changed only with --any-owner, which asks.',
      examples: [swarmup`aws allow --revoke-old`, swarmup`aws allow 203.0.113.0/24 --swarm default`],
      words: { name: 'cidr', description: 'networks [default: the address of this computer]', many: true },
      flags: {
        swarm: { type: 'string', description: 'select only the hosts of this swarm', value: 'NAME' },
        'revoke-old': { type: 'boolean', description: 'also remove the access of networks that were allowed before' },
        'any-owner': { type: 'boolean', description: 'also change a group that holds hosts of other owners' },
        yes: { type: 'boolean', char: 'y', description: 'do not ask for confirmation', needs: ['any-owner'] },
        'dry-run': { type: 'boolean', description: 'show what would be done, and change nothing' },
      },
    },
    {
      name: 'check',
      summary: 'test each permission that the driver aws needs, and change nothing',
      description:
        'The permissions depend on the options of create, so the command takes them too. Permissions to change or end ' +
        'hosts are tested on a host that this store made, if there is one. The exit code is 3 if a permission is missing.',
      examples: [swarmup`aws check`, swarmup`aws check --aws-region eu-central-1`],
      options: 'all',
    },
    {
      name: 'orphans',
      summary: 'find resources in AWS that swarmup made but that have no record here',
      description:
        'Finds instances, volumes, addresses, key pairs and security groups that this store made. With --any-owner it ' +
        'also finds those of other stores, which may still use them. --delete asks and removes everything found.',
      examples: [swarmup`aws orphans --all-regions`, swarmup`aws orphans --delete --yes`],
      flags: {
        'all-regions': { type: 'boolean', description: 'look in all regions of the account' },
        delete: { type: 'boolean', description: 'remove what was found' },
        'any-owner': { type: 'boolean', description: 'also include what other stores made' },
        yes: { type: 'boolean', char: 'y', description: 'do not ask for confirmation', needs: ['delete'] },
      },
      options: ['region', 'profile', 'endpoint-url'],
    },
    {
      name: 'policy',
      summary: 'print the least IAM policy that the driver aws needs',
      description:
        'The policy allows reading and making hosts; it allows changing or ending only resources with the tags of ' +
        'swarmup, with --own-only only those that this store made.',
      examples: [
        `${swarmup`aws policy`} > policy.json`,
        `aws iam create-policy --policy-name swarmup --policy-document "$(${swarmup`aws policy`})"`,
      ],
      flags: {
        'own-only': { type: 'boolean', description: 'do not allow changing what other stores made' },
        'pass-role': {
          type: 'list',
          description: 'ARN of a role that the hosts get, see --aws-iam-instance-profile (repeatable)',
          value: 'ARN',
        },
      },
    },
  ],
} as const satisfies DriverDeclaration['commands'];
