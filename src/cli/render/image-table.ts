import type { ImageListResult } from '../../operations/drivers/images.js';
import { table } from './table.js';

/** The table of `image ls`, and what could be pulled. */
export function imageTable({ images, available }: ImageListResult): string {
  const rows = images.map(({ name, arch, bytes, digest, addedAt, driver }) => [
    name,
    arch,
    `${Math.round(bytes / 1e6)} MB`,
    digest.slice(0, 19),
    addedAt.slice(0, 10),
    driver,
  ]);
  const more = available.length === 0 ? '' : `to be had with swarmup image pull: ${available.join(', ')}\n`;
  return `${table(['NAME', 'ARCH', 'SIZE', 'DIGEST', 'ADDED', 'DRIVER'], rows)}${more}`;
}
