import { swarmup } from '../../lib/typed-command.js';
import type { DriverDeclaration } from '../driver.js';

/** `swarmup aws …`; run-command.ts runs them. */
export const awsCommands = {
  about: 'the AWS account of the driver aws: who may reach hosts, permissions, leftovers',
  list: [
    {
      name: 'allow',
      summary: 'let another address reach the hosts of the driver aws',
      description:
        'Opens ssh and the engines of the hosts on record to the address of this machine, as when they were made, or ' +
        'to the networks that are named. Rules that swarmup did not make stay.',
      examples: [swarmup`aws allow --revoke-old`, swarmup`aws allow 203.0.113.0/24 --swarm default`],
      words: { name: 'cidr', description: 'networks [default: the address of this machine]', many: true },
      flags: {
        swarm: { type: 'string', description: 'only the hosts of this swarm', value: 'NAME' },
        'revoke-old': { type: 'boolean', description: 'and close them to the networks that were let in before' },
        'dry-run': { type: 'boolean', description: 'only show what would be done' },
      },
    },
    {
      name: 'check',
      summary: 'try every permission that the driver aws needs, without doing anything',
      description:
        'Takes the options of create, since what may be made depends on them. What changes or ends hosts is tried on ' +
        'one that swarmup made, where there is one. Exit code 3 when something is not allowed.',
      examples: [swarmup`aws check`, swarmup`aws check --aws-region eu-central-1`],
      options: 'all',
    },
    {
      name: 'orphans',
      summary: 'find what swarmup made in AWS and no host on record here knows',
      description:
        'Instances, volumes, addresses and security groups with the tags of swarmup. Other stores may have made them, ' +
        'and still use them: --delete ends what this store made, and with --any-owner all of it.',
      examples: [swarmup`aws orphans --all-regions`, swarmup`aws orphans --delete --yes`],
      flags: {
        'all-regions': { type: 'boolean', description: 'look in all regions of the account' },
        delete: { type: 'boolean', description: 'end what was found' },
        'any-owner': { type: 'boolean', description: 'also what other stores made', needs: ['delete'] },
        yes: { type: 'boolean', char: 'y', description: 'do not ask', needs: ['delete'] },
      },
      options: ['region', 'profile', 'endpoint-url'],
    },
    {
      name: 'policy',
      summary: 'print the least IAM policy that the driver aws needs',
      description: 'It may read, make hosts, and change or end only what carries the tags of swarmup.',
      examples: [
        `${swarmup`aws policy`} > policy.json`,
        `aws iam create-policy --policy-name swarmup --policy-document "$(${swarmup`aws policy`})"`,
      ],
      flags: {
        'pass-role': {
          type: 'list',
          description: 'ARN of a role that hosts are to have, see --aws-iam-instance-profile (can be repeated)',
          value: 'ARN',
        },
      },
    },
  ],
} as const satisfies DriverDeclaration['commands'];
