import { Args, Flags } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { imageFlags } from '../../cli/image-flags.js';
import { imageListing } from '../../cli/render/image-table.js';
import { listTable } from '../../cli/render/listing.js';
import type { ImageListResult } from '../../operations/drivers/images.js';

export default class ImageImport extends BaseCommand {
  static override summary = 'take an image for hosts from a file, as for use without a network';
  static override examples = ['<%= config.bin %> image import debian-12-generic-amd64.qcow2 --name debian-12'];
  static override args = { file: Args.string({ description: 'disk image: qcow2, VDI, VMDK, VHD …', required: true }) };
  static override flags = {
    ...imageFlags,
    name: Flags.string({ description: 'name to use it by', required: true, helpValue: '<NAME>' }),
  };

  async run(): Promise<Pick<ImageListResult, 'images'>> {
    const { args, flags } = await this.parse(ImageImport);
    const { importImage } = await import('../../operations/drivers/images.js');
    const request = { driver: flags.driver, file: args.file, name: flags.name };
    const result = await this.operate({ quiet: flags.quiet }, (context) => importImage(context, request));
    this.print(listTable(imageListing, result.images));
    return result;
  }
}
