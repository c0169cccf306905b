import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { imageFlags } from '../../cli/image-flags.js';
import { imageListing } from '../../cli/render/image-table.js';
import { listTable } from '../../cli/render/listing.js';
import type { ImageListResult } from '../../operations/drivers/images.js';

export default class ImagePull extends BaseCommand {
  static override summary = 'download images for hosts, verify and keep them';
  static override description =
    'What is here and the newest is left alone. create downloads an image by itself when it is not here, and never looks ' +
    'for a newer one.';
  static override examples = [
    '<%= config.bin %> image pull debian-12 ubuntu-24.04',
    '<%= config.bin %> image pull https://example.com/my.qcow2 --digest sha256:…',
  ];
  static override args = { image: Args.string({ description: 'names or URLs', multiple: true, required: true }) };
  static override flags = {
    ...imageFlags,
    digest: Flags.string({ description: 'what it must be: sha256:HEX or sha512:HEX', helpValue: '<DIGEST>' }),
  };

  async run(): Promise<Pick<ImageListResult, 'images'>> {
    const { args, flags } = await this.parse(ImagePull);
    const { pullImages } = await import('../../operations/drivers/images.js');
    const request = { driver: flags.driver, names: args.image, digest: flags.digest };
    const result = await this.operate({ quiet: flags.quiet }, (context) => pullImages(context, request));
    this.print(listTable(imageListing, result.images));
    return result;
  }
}
