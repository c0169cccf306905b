import { Args, Flags } from '@oclif/core';
import { relative } from 'node:path';
import { BaseCommand } from '../cli/base-command.js';
import { table } from '../cli/render/table.js';
import type { InitResult, TemplateRow } from '../operations/lab/init-lab.js';

export default class Init extends BaseCommand {
  static override summary = 'write a commented swarmup.yaml, from which `up` makes a lab';
  static override examples = [
    '<%= config.bin %> init',
    '<%= config.bin %> init --list',
    '<%= config.bin %> init classic --schema',
  ];
  static override args = { template: Args.string({ description: 'what to begin with', default: 'default' }) };
  static override flags = {
    list: Flags.boolean({ description: 'show the templates' }),
    force: Flags.boolean({ description: 'write over files that are there' }),
    schema: Flags.boolean({ description: 'also swarmup.schema.json, with which an editor completes and checks' }),
  };

  async run(): Promise<InitResult | { readonly templates: readonly TemplateRow[] }> {
    const { args, flags } = await this.parse(Init);
    const { initLab, listTemplates } = await import('../operations/lab/init-lab.js');
    if (flags.list) {
      const templates = await listTemplates();
      const rows = templates.map(({ name, about }) => [name, about]);
      this.print(table(['TEMPLATE', 'WHAT IT IS'], rows));
      return { templates };
    }
    const request = { template: args.template, force: flags.force, schema: flags.schema };
    const result = await initLab(this.io.cwd, request);
    for (const path of result.files) this.print(`${relative(this.io.cwd, path)}: written\n`);
    this.print('\nNext:\n  swarmup plan\n  swarmup up\n');
    return result;
  }
}
