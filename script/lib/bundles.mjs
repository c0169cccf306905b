// What dist/ has: the program, the modules that packages of drivers import, and the agent.
import { Plugin } from '@oclif/core';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { rolldown } from 'rolldown';

/** Stay in node_modules: large, or with native parts, and few commands need them. The others are tools of developers. */
const external = ['@aws-sdk/client-ec2', '@inquirer/prompts', 'ssh2', 'typescript', 'ts-node', 'source-map-support'];

/**
 * The program: dist/program/program.cjs is the start, and what is imported late is in files of its own. CommonJS, which Node.js
 * starts 10 ms earlier than modules.
 */
export function bundleProgram(root) {
  const commands = commandPaths(root).map(
    (path) => `${JSON.stringify(path.replaceAll('/', ':'))}: () => import('./commands/${path}.js'),`,
  );
  const table = join(root, 'src/all-commands.ts');
  const source = `
    import { processIo } from './cli/command-io.js';
    import { start } from './cli/start.js';
    export const builtInWords = async () => (await import('./cli/completion/built-in-words.js')).builtInWords();
    export const commands = async () => (await import(${JSON.stringify(table)})).commands;
    export const run = (argv, root) => start(argv, processIo(), { root, commands });`;
  mkdirSync(join(root, 'dist/program'), { recursive: true });
  // Node.js looks for the nearest one of each file, and that of the whole package takes it longer to read.
  writeFileSync(join(root, 'dist/program/package.json'), '{"type":"commonjs"}');
  return bundle({
    input: { program: join(root, 'src/program.ts') },
    plugins: [
      written(join(root, 'src/program.ts'), source),
      written(table, `export const commands = { ${commands.join('\n')} };`),
    ],
    target: 'node20',
    output: {
      dir: join(root, 'dist'),
      format: 'cjs',
      entryFileNames: 'program/[name].cjs',
      chunkFileNames: 'program/[name].cjs',
      codeSplitting: { groups },
    },
  });
}

/**
 * Each file has what these modules import at once, unless a file before it has that: without, there would be hundreds of
 * files. A command line loads as few of them as it can; the first two are what `--help` and `env` need.
 */
const groups = [
  {
    name: 'start',
    test: /rolldown[\\/]runtime|program\.ts$|cli[\\/]start\.ts$|lib[\\/]typed-command\.ts$/,
  },
  { name: 'words', test: /cli[\\/](version-line|completion[\\/]command-manifest)\.ts$|lib[\\/]nearest\.ts$/ },
  { name: 'light', test: /cli[\\/]light[\\/](run-light|env-command)\.ts$/ },
  { name: 'failure', test: /cli[\\/]failure\.ts$/ },
  { name: 'light-completion', test: /cli[\\/]light[\\/]completion-command\.ts$/ },
  { name: 'root-help', test: /cli[\\/]light[\\/]light-help\.ts$/ },
  { name: 'declarations', test: /drivers[\\/](built-in|option-values)\.ts$/ },
  { name: 'help', test: /cli[\\/]light[\\/]command-help\.ts$/ },
  { name: 'help-create', test: /cli[\\/]create-help\.ts$/ },
  { name: 'light-hosts', test: /cli[\\/]light[\\/](inspect|ls|status)-command\.ts$/ },
  { name: 'commands', test: /cli[\\/](main|[a-z]+-command)\.ts$/ },
  { name: 'operations', test: /src[\\/](operations|bootstrap|swarm|lab|doctor)[\\/]/ },
  { name: 'drivers', test: /src[\\/]drivers[\\/]/ },
];

const commandPaths = (root) =>
  readdirSync(join(root, 'src/commands'), { recursive: true })
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.replaceAll('\\', '/').replace(/\.ts$/, ''));

/** What packages of drivers import: modules, with their names as they are. */
export function bundleDriverModules(root) {
  return bundle({
    input: {
      driver: join(root, 'src/drivers/driver.ts'),
      'driver-testing': join(root, 'src/drivers/testing/driver-contract.ts'),
    },
    target: 'node20',
    output: { dir: join(root, 'dist'), format: 'esm', chunkFileNames: 'driver-[name].js' },
  });
}

/** The agent: one file without dependencies that runs on hosts with Node.js 18. Only here does it meet its process. */
export function bundleAgent(root) {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8'));
  const source = `
    import { runAgent } from './run-agent.js';
    const stop = new AbortController();
    for (const name of ['SIGTERM', 'SIGINT']) process.once(name, () => stop.abort());
    process.stdout.on('error', () => {});
    runAgent({
      env: process.env,
      now: () => performance.now(),
      log: (line) => process.stdout.write(line + '\\n'),
      version: ${JSON.stringify(version)},
      collectGarbage: globalThis.gc,
      signal: stop.signal,
    }).then(() => process.exit(0));`;
  return bundle({
    input: { agent: join(root, 'src/agent/main.ts') },
    plugins: [written(join(root, 'src/agent/main.ts'), source)],
    target: 'node18',
    output: { dir: join(root, 'dist'), format: 'cjs', codeSplitting: false },
  });
}

async function bundle({ output, target, ...input }) {
  const bundler = await rolldown({
    platform: 'node',
    external,
    transform: { target },
    checks: { ineffectiveDynamicImport: false },
    ...input,
  });
  const result = await bundler.write({ minify: true, ...output });
  await bundler.close();
  return result;
}

/** A module that is in no file. */
const written = (path, source) => ({
  name: 'written',
  resolveId: (id) => (id === path ? id : undefined),
  load: (id) => (id === path ? source : undefined),
});

/**
 * oclif.manifest.json, all commands with their flags and texts, so that help need not load them; and dist/words.jsonl, the
 * part of it that a TAB needs (src/cli/completion/command-manifest.ts).
 */
export async function writeManifest(root) {
  const program = createRequire(import.meta.url)(join(root, 'dist/program/program.cjs'));
  const commands = await program.commands();
  const plugin = new Plugin({ root, ignoreManifest: true, errorOnManifestCreate: true, respectNoCacheDefault: true });
  plugin.getCommandIDs = async () => Object.keys(commands).sort();
  plugin.findCommand = async (id) => Object.assign((await commands[id]()).default, { id, plugin });
  await plugin.load();
  const write = (file, content) => writeFileSync(join(root, file), content);
  write('oclif.manifest.json', JSON.stringify(plugin.manifest));
  const ofDrivers = await program.builtInWords();
  const all = Object.entries({ ...ofDrivers.commands, ...wordsOf(plugin.manifest.commands) });
  const sorted = all.sort(([a], [b]) => (a < b ? -1 : 1));
  const first = {
    topics: { ...plugin.pjson.oclif.topics, ...ofDrivers.topics },
    commands: sorted.map(([id, { summary, hidden }]) => ({ id, summary, hidden })),
  };
  const lines = [first, ...sorted.map(([, { args, flags, names }]) => ({ args, flags, names }))];
  write('dist/words.jsonl', lines.map((line) => JSON.stringify(line)).join('\n'));
}

const wordsOf = (commands) =>
  mapped(commands, ({ summary, hidden, names, args, flags }) => ({
    ...told({ summary, hidden, names }),
    args: mapped(args, word),
    flags: mapped(flags, word),
  }));
const word = ({ name, type, char, description, allowNo, multiple, options, hidden }) =>
  told({ name, type, char, description, allowNo, multiple, options, hidden });
const told = (object) => Object.fromEntries(Object.entries(object).filter(([, value]) => Boolean(value)));
const mapped = (object, change) =>
  Object.fromEntries(Object.entries(object).map(([key, value]) => [key, change(value)]));
