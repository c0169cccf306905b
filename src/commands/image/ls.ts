import { BaseCommand } from '../../cli/base-command.js';
import { flagsOfList } from '../../cli/list-flags.js';
import { imageFlags } from '../../cli/image-flags.js';
import { imageListing, imageNotes } from '../../cli/render/image-table.js';
import type { ImageListResult } from '../../operations/drivers/images.js';

export default class ImageLs extends BaseCommand {
  static override summary = 'list the images for hosts that are on this computer';
  static override examples = ['<%= config.bin %> image ls'];
  static override flags = { ...flagsOfList(imageListing), driver: imageFlags.driver };

  async run(): Promise<ImageListResult> {
    const { flags } = await this.parse(ImageLs);
    const { listImages } = await import('../../operations/drivers/images.js');
    const view = this.view(imageListing, flags);
    const result = await this.operate({ quiet: true }, (context) => listImages(context, { driver: flags.driver }));
    return this.showList(view, result, 'images', { notes: imageNotes });
  }
}
