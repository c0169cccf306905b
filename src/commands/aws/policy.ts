import { Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { jsonText } from '../../cli/render/json-text.js';

export default class AwsPolicy extends BaseCommand {
  static override summary = 'print the least IAM policy that the driver aws needs';
  static override description = 'It may read, make hosts, and change or end only what carries the tags of swarmup.';
  static override examples = [
    '<%= config.bin %> aws policy > policy.json',
    'aws iam create-policy --policy-name swarmup --policy-document "$(<%= config.bin %> aws policy)"',
  ];
  static override flags = {
    'pass-role': Flags.string({
      description: 'ARN of a role that hosts are to have, see --aws-iam-instance-profile (can be repeated)',
      multiple: true,
      multipleNonGreedy: true,
      helpValue: '<ARN>',
    }),
  };

  async run(): Promise<object> {
    const { flags } = await this.parse(AwsPolicy);
    const { awsPolicy } = await import('../../drivers/aws/policy.js');
    const policy = awsPolicy(flags['pass-role']);
    this.print(jsonText(policy));
    return policy;
  }
}
