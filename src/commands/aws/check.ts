import { awsFlagOptions, awsHostFlags } from '../../cli/aws-flags.js';
import { BaseCommand } from '../../cli/base-command.js';
import { splitValues } from '../../cli/oclif-flags.js';
import { permissionTable } from '../../cli/render/aws.js';
import { awsDeclaration } from '../../drivers/aws/declaration.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { AwsCheckResult } from '../../operations/drivers/aws-check.js';

export default class AwsCheck extends BaseCommand {
  static override summary = 'try every permission that the driver aws needs, without doing anything';
  static override description =
    'Takes the options of create, since what may be made depends on them. What changes or ends hosts is tried on one ' +
    'that swarmup made, where there is one. Exit code 3 when something is not allowed.';
  static override examples = ['<%= config.bin %> aws check', '<%= config.bin %> aws check --aws-region eu-central-1'];
  static override flags = awsHostFlags;

  async run(): Promise<AwsCheckResult> {
    const { flags } = await this.parse(AwsCheck, splitValues(this.argv, [awsDeclaration]));
    const options = awsFlagOptions(flags, this.io);
    const { awsCheck } = await import('../../operations/drivers/aws-check.js');
    const result = await this.operate({ quiet: true }, (context) => awsCheck(context, options));
    if (result.permissions.some(({ allowed }) => allowed === false)) this.exitWith(exitCodes.preflight);
    this.print(permissionTable(result));
    return result;
  }
}
