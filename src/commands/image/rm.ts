import { swarmup } from '../../lib/typed-command.js';
import { changesAtOnce } from '../../cli/oclif-command.js';
import { imageFlags } from '../../cli/image-flags.js';

export default changesAtOnce({
  because: 'a file on this computer',
  summary: 'remove host images from this computer; hosts made from them stay',
  examples: [swarmup`image rm debian-12`],
  args: { image: { description: 'names or digests of images', many: true, required: true, names: 'images' } },
  flags: { driver: imageFlags.driver },
  run: async ({ args, flags, operate }) => {
    const { removeImages } = await import('../../operations/drivers/images.js');
    const request = { driver: flags.driver, names: args.image };
    return operate({ quiet: true }, (context) => removeImages(context, request));
  },
  render: (result) => `removed: ${result.removed.join(', ')}\n`,
});
