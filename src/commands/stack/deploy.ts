import { Args, Flags } from '@oclif/core';
import { ServiceCommand } from '../../cli/service-command.js';
import { changeFlags, changeRequest } from '../../cli/service-flags.js';
import type { DeployResult } from '../../operations/services/deploy-stack.js';

export default class StackDeploy extends ServiceCommand {
  static override summary = 'make a stack what its compose files say, and wait for all services';
  static override description =
    'Names and labels are those of docker stack deploy, so both can be used on one stack. Exits 6 when a service fails, ' +
    'is rolled back or crashes again and again, and says which task, where and why.';
  static override examples = [
    '<%= config.bin %> stack deploy -c compose.yaml shop',
    '<%= config.bin %> stack deploy -c compose.yaml -c production.yaml shop --prune --dry-run',
  ];
  static override args = { name: Args.string({ description: 'the stack', required: true }) };
  static override flags = {
    ...changeFlags,
    'compose-file': Flags.string({
      char: 'c',
      description: 'compose file; later ones are laid over earlier ones',
      multiple: true,
      multipleNonGreedy: true,
      required: true,
      helpValue: '<FILE>',
    }),
    prune: Flags.boolean({ description: 'remove services that the files do not have' }),
  };

  async run(): Promise<DeployResult> {
    const { args, flags } = await this.parse(StackDeploy);
    const { deployStack, composeFolder } = await import('../../operations/services/deploy-stack.js');
    const { readComposeFiles } = await import('../../operations/services/read-compose-files.js');
    const files = flags['compose-file'];
    const about = { ...changeRequest(flags), stack: args.name, folder: composeFolder(files), prune: flags.prune };
    return this.change(flags.quiet, async (context) => {
      const result = await deployStack(context, { ...about, compose: await readComposeFiles(context, files) });
      for (const made of result.made) this.print(`${made}: ${result.dryRun ? 'would be made' : 'made'}\n`);
      for (const gone of result.pruned) this.print(`${gone}: ${result.dryRun ? 'would be removed' : 'removed'}\n`);
      return result;
    });
  }
}
