import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { imageFlags } from '../../cli/image-flags.js';

export default class ImageRm extends BaseCommand {
  static override summary = 'remove images from this computer; hosts made of them stay as they are';
  static override examples = ['<%= config.bin %> image rm debian-12'];
  static override args = { image: Args.string({ description: 'names or digests', multiple: true, required: true }) };
  static override flags = { driver: imageFlags.driver };

  async run(): Promise<{ readonly removed: readonly string[] }> {
    const { args, flags } = await this.parse(ImageRm);
    const { removeImages } = await import('../../operations/drivers/images.js');
    const request = { driver: flags.driver, names: args.image };
    const result = await this.operate({ quiet: true }, (context) => removeImages(context, request));
    this.print(`removed: ${result.removed.join(', ')}\n`);
    return result;
  }
}
