import type { Driver, DriverContext, DriverImage, DriverImages } from '../../drivers/driver.js';
import { usageError } from '../../lib/errors.js';
import { swarmup } from '../../lib/typed-command.js';
import type { OperationContext } from '../access/context.js';
import { driverContext } from '../access/driver-context.js';

interface ImageRow extends DriverImage {
  readonly driver: string;
}

export interface ImageListResult {
  readonly images: readonly ImageRow[];
  /** Names that `image pull` knows, of those that are not here. */
  readonly available: readonly string[];
}

interface ImagesRequest {
  /** undefined: the driver that has images; needed when several have. */
  readonly driver: string | undefined;
}

/** The host images on this computer. Contacts no server. Errors: IMAGES_NONE (exit 2). */
export async function listImages(context: OperationContext, request: ImagesRequest): Promise<ImageListResult> {
  const { name, images, driverContext: own } = await imageDriver(context, request);
  const here = await images.list(own);
  const available = (await images.known()).filter((known) => !here.some((image) => image.name === known));
  return { images: here.map((image) => ({ driver: name, ...image })), available };
}

/** Fetches images, or newer ones. Errors: IMAGES_NONE; IMAGE_UNKNOWN (exit 2); DOWNLOAD_FAILED; IMAGE_DIGEST_MISMATCH. */
export async function pullImages(
  context: OperationContext,
  request: ImagesRequest & { readonly names: readonly string[]; readonly digest: string | undefined },
): Promise<Pick<ImageListResult, 'images'>> {
  const { name: driver, images, driverContext: own } = await imageDriver(context, request);
  const pulled: ImageRow[] = [];
  for (const name of request.names) pulled.push({ driver, ...(await images.pull(own, name, request.digest)) });
  return { images: pulled };
}

/** Takes an image from a file. Errors: IMAGES_NONE; IMAGE_FILE_MISSING (exit 2); IMAGE_UNSUPPORTED (exit 3). */
export async function importImage(
  context: OperationContext,
  request: ImagesRequest & { readonly file: string; readonly name: string },
): Promise<Pick<ImageListResult, 'images'>> {
  const { name, images, driverContext: own } = await imageDriver(context, request);
  return { images: [{ driver: name, ...(await images.import(own, request.file, request.name)) }] };
}

/** Removes images from this computer. Hosts that were made of them keep their disks. Errors: IMAGE_UNKNOWN (exit 2). */
export async function removeImages(
  context: OperationContext,
  request: ImagesRequest & { readonly names: readonly string[] },
): Promise<{ readonly removed: readonly string[] }> {
  const { images, driverContext: own } = await imageDriver(context, request);
  for (const name of request.names)
    if (!(await images.remove(own, name)))
      throw usageError(
        'IMAGE_UNKNOWN',
        `there is no image '${name}' on this computer`,
        `${swarmup`image ls`} shows those there are`,
      );
  return { removed: request.names };
}

interface ImageDriver {
  readonly name: string;
  readonly images: DriverImages;
  readonly driverContext: DriverContext;
}

async function imageDriver(context: OperationContext, { driver: wanted }: ImagesRequest): Promise<ImageDriver> {
  const names = wanted === undefined ? context.drivers.declarations.map(({ name }) => name) : [wanted];
  const having: Driver[] = [];
  for (const name of names) {
    const driver = await context.drivers.get(name);
    if (driver.images !== undefined) having.push(driver);
  }
  const [driver, other] = having;
  if (driver?.images === undefined)
    throw usageError(
      'IMAGES_NONE',
      wanted === undefined ? 'no driver uses images' : `the driver ${wanted} does not use images`,
    );
  if (other !== undefined)
    throw usageError('IMAGES_AMBIGUOUS', 'several drivers use images', `name the driver: --driver ${driver.name}`);
  const report = (message: string): void => {
    context.report({ type: 'info', message });
  };
  const options = await context.drivers.options(driver.name, {}, context.env);
  return {
    name: driver.name,
    images: driver.images,
    driverContext: driverContext(context, driver, options, { log: report }),
  };
}
