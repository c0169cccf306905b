import { swarmup } from '../lib/typed-command.js';
import { changesAtOnce } from '../cli/oclif-command.js';
import { resolve } from 'node:path';
import { quietFlag } from '../cli/swarm-flags.js';
import { readSealKey, sealFlags } from '../cli/seal-key.js';

export default changesAtOnce({
  because: 'it reads the store, and writes a file on this computer',
  summary: 'write hosts and their keys to an encrypted file for another computer',
  description:
    `On the other computer, ${swarmup`import FILE`} adopts the hosts. They also stay on record here. The file holds ` +
    'the SSH keys of these hosts, and nothing that opens another host, unless --with-authority is given.',
  examples: [swarmup`export manager agent1 --output lab.swarmup`],
  args: { name: { description: 'hosts', many: true, required: true, names: 'hosts' } },
  flags: {
    output: { type: 'string', char: 'o', description: 'file to write', required: true, value: 'FILE' },
    'with-authority': {
      type: 'boolean',
      description:
        'also write the certificate authority and client certificate: who opens the file is root on all your hosts',
    },
    force: { type: 'boolean', description: 'overwrite FILE' },
    ...sealFlags,
    quiet: quietFlag,
  },
  run: async ({ args, flags, operate, io }) => {
    const output = resolve(flags.output);
    const { exportMachines, refuseExisting } = await import('../operations/transfer/export-machines.js');
    return operate({ quiet: flags.quiet }, async (context) => {
      const names = [...new Set(args.name)];
      for (const name of names) await context.store.require(name);
      if (!flags.force) await refuseExisting(output);
      const question = `Passphrase for ${flags.output}`;
      const key = await readSealKey(io, flags, { signal: context.signal, question, isNew: true });
      return exportMachines(context, { names, output, key, withAuthority: flags['with-authority'] });
    });
  },
  render: ({ file, machines, authority, ownKeys }) => {
    const more = [
      ...(authority ? ['the authority of all hosts here'] : []),
      ...(ownKeys.length > 0 ? [`your keys ${ownKeys.join(' ')}`] : []),
    ];
    return `${file}: ${machines.join(', ')}${more.length === 0 ? '' : `; with ${more.join(' and ')}`}\n`;
  },
});
