import { swarmup } from '../../lib/typed-command.js';
import { lists } from '../../cli/oclif-command.js';
import { imageFlags } from '../../cli/image-flags.js';
import { imageListing, imageNotes } from '../../cli/render/image-table.js';

export default lists({
  listing: imageListing,
  rows: 'images',
  summary: 'list the host images on this computer',
  examples: [swarmup`image ls`],
  flags: { driver: imageFlags.driver },
  run: async ({ flags, operate }) => {
    const { listImages } = await import('../../operations/drivers/images.js');
    return operate({ quiet: true }, (context) => listImages(context, { driver: flags.driver }));
  },
  notes: ({ available }) => imageNotes({ available }),
});
