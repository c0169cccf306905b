import { readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { ImageArch } from './sources.js';

/** An image that is here. */
export interface CachedImage {
  /** `debian-12`, a URL, an absolute path, or the name that it was imported under. */
  readonly name: string;
  readonly arch: ImageArch;
  /** Of the bytes that were downloaded or imported: `sha512:…`. */
  readonly digest: string;
  /** File in the cache's folder, named by the digest. */
  readonly file: string;
  readonly bytes: number;
  /** The size of the disk in the image, if its header contains the size. */
  readonly diskBytes?: number;
  /** URL or path. */
  readonly source: string;
  /** RFC 3339, UTC. */
  readonly addedAt: string;
  /** For an imported file: the size and time that show whether it is still the same. */
  readonly stamp?: string;
}

/** The list of images beside their files. Changes are made by one process at a time. */
export interface ImageIndex {
  read(): Promise<readonly CachedImage[]>;
  put(image: CachedImage): Promise<void>;
  /** `files`: those that no other entry has. */
  remove(name: string): Promise<{ readonly found: boolean; readonly files: readonly string[] }>;
}

/** The index of images for `arch`; an unreadable index counts as empty. */
export function openIndex(folder: string, arch: ImageArch): ImageIndex {
  const path = join(folder, 'index.json');
  const readAll = async (): Promise<readonly CachedImage[]> => {
    try {
      return (JSON.parse(await readFile(path, 'utf8')) as { readonly images: readonly CachedImage[] }).images;
    } catch {
      return [];
    }
  };
  const writeAll = async (images: readonly CachedImage[]): Promise<void> => {
    await writeFile(`${path}.new`, `${JSON.stringify({ version: 1, images }, undefined, 2)}\n`);
    await rename(`${path}.new`, path);
  };
  return {
    read: async () => (await readAll()).filter((image) => image.arch === arch),
    async put(image) {
      const others = (await readAll()).filter((entry) => entry.name !== image.name || entry.arch !== image.arch);
      await writeAll([...others, image]);
    },
    async remove(name) {
      const all = await readAll();
      const isMeant = (image: CachedImage): boolean =>
        image.name === name ||
        (name.length >= 8 && (image.digest.startsWith(name) || image.digest.includes(`:${name}`)));
      const left = all.filter((image) => !isMeant(image));
      if (left.length === all.length) return { found: false, files: [] };
      await writeAll(left);
      const files = all.map(({ file }) => file).filter((file) => !left.some((image) => image.file === file));
      return { found: true, files };
    },
  };
}
