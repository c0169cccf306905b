import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { imageFlags } from '../../cli/image-flags.js';
import { imageListing } from '../../cli/render/image-table.js';
import { listTable } from '../../cli/render/listing.js';

export default changesAtOnce({
  because: 'a file on this computer',
  summary: 'add a host image from a file, without downloading it',
  examples: [swarmup`image import debian-12-generic-amd64.qcow2 --name debian-12`],
  args: { file: { description: 'disk image: qcow2, VDI, VMDK, VHD …', required: true } },
  flags: {
    ...imageFlags,
    name: { type: 'string', description: 'name to give the image', required: true, value: 'NAME' },
  },
  run: async ({ args, flags, operate }) => {
    const { importImage } = await import('../../operations/drivers/images.js');
    const request = { driver: flags.driver, file: args.file, name: flags.name };
    return operate({ quiet: flags.quiet }, (context) => importImage(context, request));
  },
  render: (result) => listTable(imageListing, result.images),
});
