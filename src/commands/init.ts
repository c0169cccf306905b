import { swarmup } from '../lib/typed-command.js';
import { changesAtOnce } from '../cli/oclif-command.js';
import { relative } from 'node:path';
import { table } from '../cli/render/table.js';
import type { InitResult, TemplateRow } from '../operations/lab/init-lab.js';

export default changesAtOnce({
  because: 'a file on this computer',
  summary: 'write a commented swarmup.yaml, from which up makes a lab',
  examples: [swarmup`init`, swarmup`init --list`, swarmup`init classic --schema`],
  args: { template: { description: 'template to start from', default: 'default', names: 'templates' } },
  flags: {
    list: { type: 'boolean', description: 'list the templates' },
    force: { type: 'boolean', description: 'overwrite existing files' },
    schema: {
      type: 'boolean',
      description: 'also write swarmup.schema.json, which editors use to complete and check the file',
    },
  },
  run: async ({
    args,
    flags,
    print,
    io,
    operate,
  }): Promise<InitResult | { readonly templates: readonly TemplateRow[] }> => {
    const { initLab, listTemplates } = await import('../operations/lab/init-lab.js');
    if (flags.list) {
      const templates = await listTemplates();
      const rows = templates.map(({ name, about }) => [name, about]);
      print(table(['TEMPLATE', 'DESCRIPTION'], rows));
      return { templates };
    }
    const result = await operate({ quiet: true }, async ({ store }) =>
      initLab(io.cwd, {
        template: args.template,
        force: flags.force,
        schema: flags.schema,
        swarms: await store.swarms(),
      }),
    );
    for (const path of result.files) print(`${relative(io.cwd, path)}: written\n`);
    print(`\nThe lab is named ${result.lab}. Next:\n  ${swarmup`plan`}\n  ${swarmup`up`}\n`);
    return result;
  },
});
