import { changesAtOnce } from '../../cli/oclif-command.js';
import { imageFlags } from '../../cli/image-flags.js';
import { imageListing } from '../../cli/render/image-table.js';
import { listTable } from '../../cli/render/listing.js';

export default changesAtOnce({
  because: 'a file on this computer',
  summary: 'download images for hosts, verify and keep them',
  description:
    'What is here and the newest is left alone. create downloads an image by itself when it is not here, and never looks ' +
    'for a newer one.',
  examples: [
    '<%= config.bin %> image pull debian-12 ubuntu-24.04',
    '<%= config.bin %> image pull https://example.com/my.qcow2 --digest sha256:…',
  ],
  args: { image: { description: 'names or URLs', many: true, required: true } },
  flags: {
    ...imageFlags,
    digest: { type: 'string', description: 'what it must be: sha256:HEX or sha512:HEX', value: 'DIGEST' },
  },
  run: async ({ args, flags, operate }) => {
    const { pullImages } = await import('../../operations/drivers/images.js');
    const request = { driver: flags.driver, names: args.image, digest: flags.digest };
    return operate({ quiet: flags.quiet }, (context) => pullImages(context, request));
  },
  render: (result) => listTable(imageListing, result.images),
});
