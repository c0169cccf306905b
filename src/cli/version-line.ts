import { readFileSync } from 'node:fs';
import { inPackage } from '../lib/package-folder.js';

/** What `--version` prints, as oclif words it. */
export function versionLine(): string {
  const { version } = JSON.parse(readFileSync(inPackage('package.json'), 'utf8')) as { version: string };
  return `swarmup/${version} ${process.platform}-${process.arch} node-${process.version}\n`;
}
