// Builds dist/ and oclif.manifest.json; does nothing when no source changed since the last build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAgent, bundleDriverModules, bundleProgram, writeManifest } from './lib/bundles.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);
const stamp = at('dist', '.built');

/** Files and folders: a folder's time tells of files that were removed. */
function newest(path) {
  const { mtimeMs } = statSync(path);
  if (!statSync(path).isDirectory()) return mtimeMs;
  return Math.max(mtimeMs, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isUpToDate() {
  const inputs = ['src', 'package.json', 'package-lock.json', 'tsconfig.json', 'tsconfig.build.json', 'script'];
  if (![stamp, at('oclif.manifest.json')].every(existsSync)) return false;
  const built = statSync(stamp).mtimeMs;
  return inputs.every((input) => newest(at(input)) < built);
}

/** The types of what packages of drivers import, and of what those name. */
function writeTypes() {
  const tsc = at('node_modules/typescript/bin/tsc');
  const { status } = spawnSync(process.execPath, [tsc, '-p', 'tsconfig.build.json'], { cwd: root, stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

if (!isUpToDate()) {
  // Taken before the work: a source that is changed meanwhile is newer.
  const began = new Date();
  rmSync(at('dist'), { recursive: true, force: true });
  writeTypes();
  await Promise.all([bundleProgram(root), bundleDriverModules(root), bundleAgent(root)]);
  await writeManifest(root);
  writeFileSync(stamp, `${began.toISOString()}\n`);
}
