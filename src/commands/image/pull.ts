import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { imageFlags } from '../../cli/image-flags.js';
import { imageListing } from '../../cli/render/image-table.js';
import { listTable } from '../../cli/render/listing.js';

export default changesAtOnce({
  because: 'a file on this computer',
  summary: 'download and verify host images',
  description:
    'An image that is already the newest is not downloaded again. create downloads a missing image by itself, ' +
    'but never looks for a newer one.',
  examples: [
    swarmup`image pull debian-12 ubuntu-24.04`,
    swarmup`image pull https://example.com/my.qcow2 --digest sha256:…`,
  ],
  args: { image: { description: 'names or URLs of images', many: true, required: true } },
  flags: {
    ...imageFlags,
    digest: { type: 'string', description: 'expected digest of the image: sha256:HEX or sha512:HEX', value: 'DIGEST' },
  },
  run: async ({ args, flags, operate }) => {
    const { pullImages } = await import('../../operations/drivers/images.js');
    const request = { driver: flags.driver, names: args.image, digest: flags.digest };
    return operate({ quiet: flags.quiet }, (context) => pullImages(context, request));
  },
  render: (result) => listTable(imageListing, result.images),
});
