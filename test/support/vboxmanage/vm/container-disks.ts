import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { readRegistry, userHome } from '../home.js';

/**
 * What a disk is for the container backend: a container, or an image of which more are made. Noted beside the registry,
 * so that who deletes a disk knows what else goes.
 */
interface DiskContent {
  readonly container?: string;
  readonly image?: string;
}

function noteOf(medium: string): string {
  const folder = join(userHome(), 'containers');
  mkdirSync(folder, { recursive: true });
  return join(folder, medium);
}

export function diskContent(medium: string): DiskContent | undefined {
  const note = noteOf(medium);
  return existsSync(note) ? (JSON.parse(readFileSync(note, 'utf8')) as DiskContent) : undefined;
}

export function setDiskContent(medium: string, content: DiskContent | undefined): void {
  if (content === undefined) rmSync(noteOf(medium), { force: true });
  else writeFileSync(noteOf(medium), JSON.stringify(content));
}

/** The nearest disk below that was ever used; a disk on top of it starts with what it has. */
export function contentBelow(medium: string): { readonly medium: string; readonly content: DiskContent } | undefined {
  const { media } = readRegistry();
  let parent = media.find(({ uuid }) => uuid === medium)?.parent;
  while (parent !== undefined) {
    const content = diskContent(parent);
    if (content !== undefined) return { medium: parent, content };
    const current = parent;
    parent = media.find(({ uuid }) => uuid === current)?.parent;
  }
  return undefined;
}
