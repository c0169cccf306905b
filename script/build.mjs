// Builds dist/ and oclif.manifest.json; does nothing when no source changed since the last build.
import { build } from 'esbuild';
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

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
  const inputs = [
    'src',
    'package.json',
    'package-lock.json',
    'tsconfig.json',
    'tsconfig.build.json',
    'script/build.mjs',
  ];
  const outputs = [stamp, at('oclif.manifest.json')];
  if (!outputs.every(existsSync)) return false;
  const built = statSync(stamp).mtimeMs;
  return inputs.every((input) => newest(at(input)) < built);
}

function run(...args) {
  const { status } = spawnSync(process.execPath, args, {
    cwd: root,
    stdio: ['ignore', 'inherit', 'inherit'],
    env: { ...process.env, OCLIF_SKIP_NEW_VERSION_CHECK: '1' },
  });
  if (status !== 0) process.exit(status ?? 1);
}

/** What was compiled from a source that is gone; a command among it would still be found. */
function removeLeftovers() {
  for (const entry of readdirSync(at('dist'), { recursive: true, withFileTypes: true })) {
    const source = /^(.+?)(\.d\.ts|\.js)(\.map)?$/.exec(
      join(entry.parentPath, entry.name).slice(at('dist').length + 1),
    );
    if (entry.isFile() && source !== null && !existsSync(at('src', `${source[1]}.ts`)))
      rmSync(join(entry.parentPath, entry.name));
  }
}

/** The quick way (src/cli/light): one file, without what only other commands need. */
function bundleLight() {
  return build({
    entryPoints: [at('src/cli/light/run-light.ts')],
    outfile: at('dist/light.cjs'),
    bundle: true,
    format: 'cjs',
    platform: 'node',
    target: 'node20',
    // A module has no address in CommonJS; it is asked for to find templates/.
    define: { 'import.meta.url': 'moduleUrl' },
    banner: { js: 'const moduleUrl=require("node:url").pathToFileURL(__filename).href;' },
    minify: true,
    keepNames: true,
    external: [
      'ssh2',
      'execa',
      'listr2',
      '@oclif/core',
      '@inquirer/prompts',
      '@peculiar/x509',
      'reflect-metadata',
      'tar-stream',
    ],
    logLevel: 'warning',
  });
}

if (!isUpToDate()) {
  // Taken before the work: a source that is changed meanwhile is newer.
  const began = new Date();
  run(
    at('node_modules/typescript/bin/tsc'),
    '-p',
    'tsconfig.build.json',
    '--incremental',
    '--tsBuildInfoFile',
    'dist/.tsbuildinfo',
  );
  removeLeftovers();
  await bundleLight();
  run(at('node_modules/oclif/bin/run.js'), 'manifest');
  writeFileSync(stamp, `${began.toISOString()}\n`);
}
