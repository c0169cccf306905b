// Builds dist/ and oclif.manifest.json; does nothing when no source changed since the last build.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { bundleAgent, bundleCommands, bundleLight } from './lib/bundles.mjs';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const at = (...parts) => join(root, ...parts);
const stamp = at('dist', '.built');
const schemaFile = 'schema/swarmup.schema.json';

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
    'script/lib/bundles.mjs',
    'script/lib/warm-bundle.mjs',
  ];
  const outputs = [
    stamp,
    at('oclif.manifest.json'),
    at('dist/agent.js'),
    at('dist/bundle/commands.js'),
    at(schemaFile),
  ];
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

/** For editors: the JSON schema of swarmup.yaml. It is kept in the repository, so that a change of it is seen. */
async function writeSchema() {
  const [{ toJsonSchema }, { manifestSchema }, { editorSchema }, { builtInDrivers }] = await Promise.all([
    import('@valibot/to-json-schema'),
    import(at('dist/lab/manifest-schema.js')),
    import(at('dist/lab/editor-schema.js')),
    import(at('dist/drivers/built-in.js')),
  ]);
  const schema = manifestSchema(builtInDrivers.map(({ declaration }) => declaration));
  const published = editorSchema(toJsonSchema(schema, { target: 'draft-07' }));
  const text = `${JSON.stringify(published, undefined, 2)}\n`;
  if (!existsSync(at(schemaFile)) || readFileSync(at(schemaFile), 'utf8') !== text) writeFileSync(at(schemaFile), text);
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
  await Promise.all([bundleCommands(root), bundleLight(root), bundleAgent(root), writeSchema()]);
  run(at('node_modules/oclif/bin/run.js'), 'manifest');
  writeFileSync(stamp, `${began.toISOString()}\n`);
}
