import { describe, expect, it } from 'vitest';
import { builtInDrivers } from '../src/drivers/built-in.js';
import { circles, importedFiles, importsOf, sourceFiles as files, sourceText } from './support/source-imports.js';

/** What a folder of src/ may import besides itself. A folder that is not listed fails the build. */
const mayImport: Readonly<Record<string, readonly string[]>> = {
  lib: [],
  machine: ['lib'],
  ssh: ['lib'],
  drivers: ['lib'],
  // Of swarm only the type of what the guardian is asked.
  plan: ['lib', 'drivers', 'machine', 'ssh', 'swarm'],
  bootstrap: ['lib', 'drivers', 'machine', 'ssh'],
  swarm: ['lib', 'drivers', 'machine', 'ssh'],
  doctor: ['lib', 'bootstrap', 'ssh'],
  agent: ['lib', 'swarm'],
  lab: ['lib', 'drivers', 'machine', 'swarm'],
  operations: ['lib', 'drivers', 'machine', 'ssh', 'plan', 'bootstrap', 'swarm', 'doctor', 'agent', 'lab'],
  // Of the doctor only the type of its findings, for the report; of labs that of their plans; of swarm the judge of nodes.
  cli: ['lib', 'drivers', 'machine', 'ssh', 'operations', 'doctor', 'lab', 'swarm'],
  commands: ['lib', 'drivers', 'machine', 'lab', 'operations', 'cli'],
};

/** What is done to one host or node, over what all need. */
const parts = ['access', 'steps'];

/**
 * The floors of operations/: every arrow between its folders that may be. Use cases import no other use case, only
 * parts; compositions are made of use cases.
 */
const operationsMayImport: Readonly<Record<string, readonly string[]>> = {
  access: [],
  steps: ['access'],
  create: parts,
  hosts: parts,
  members: parts,
  nodes: parts,
  services: parts,
  networks: parts,
  health: parts,
  agent: parts,
  files: parts,
  clients: parts,
  transfer: parts,
  drivers: parts,
  recovery: [...parts, 'create', 'hosts', 'members'],
  upgrade: parts,
  lab: [...parts, 'agent', 'create', 'files', 'hosts', 'members', 'nodes', 'services'],
};

/** Heavy or stateful libraries have one importing file (or folder) each. */
const onlyIn: Readonly<Record<string, string>> = {
  ssh2: 'ssh/',
  execa: 'lib/local-process.ts',
  listr2: 'cli/',
  '@oclif/core': 'c',
  '@inquirer/prompts': 'cli/',
  '@peculiar/x509': 'bootstrap/',
  'tar-stream': 'lib/tar-archive.ts',
  '@aws-sdk/client-ec2': 'drivers/aws/',
  'ssh-config': 'drivers/generic/',
};

/**
 * Names of drivers in the code above them. `docker` is the product everywhere: only as a driver of that name it is told.
 * docker-machine is a program whose files and command line are read; its plugins are drivers of other names.
 */
const saysName = (text: string): boolean =>
  builtInDrivers
    .map(({ declaration: { name } }) => (name === 'docker' ? String.raw`driver:? ['"\`]?docker(?!-)` : name))
    .some((name) => new RegExp(String.raw`(?<![a-z])${name}(?![a-z])`, 'i').test(text));

/** Where such a word may be. */
const notDrivers: Readonly<Record<string, string>> = {
  // Examples for people.
  'commands/create.ts': '--driver docker plain',
  'commands/config/set.ts': 'config set driver docker',
  // As Debian calls its images.
  'commands/image/import.ts': 'debian-12-generic-amd64.qcow2',
};

/** What tells of a node's membership: the fields of the Engine API, and what is compared with the states of a node. */
const judgesMembership =
  /LocalNodeState|ControlAvailable|Reachability ?[!=]==|(?<!phase|[dD]esiredState) [!=]== '(?:ready|down|unknown|disconnected|reachable|unreachable)'/;

/** Where that may be, besides the judge. */
const noJudges: Readonly<Record<string, string>> = {
  'swarm/membership.ts': 'the judge',
  'swarm/swarm-api.ts': 'the types of the Engine API',
  'agent/swarm-view.ts': 'the types of what the agent reads',
  'bootstrap/configure-script.ts': 'a script, which asks the engine itself',
  'lab/plan-hosts.ts': "a driver's state of a host, which is unknown where it does not answer",
};

/** The folder of a file, at the top or (1) below it. */
const folderOf = (file: string, depth = 0): string => file.split('/')[depth] ?? '';

describe('architecture', () => {
  it('imports point downward only', () => {
    const wrong = files.flatMap((file) => {
      const layer = folderOf(file);
      const allowed = mayImport[layer];
      if (allowed === undefined) return [`src/${layer} is not a layer`];
      return importedFiles(file)
        .filter((target) => folderOf(target) !== layer && !allowed.includes(folderOf(target)))
        .map((target) => `${file} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('operations stand on floors: a use case imports no other use case', () => {
    const inOperations = (file: string): boolean => file.startsWith('operations/');
    const wrong = files.filter(inOperations).flatMap((file) => {
      const folder = folderOf(file, 1);
      const allowed = operationsMayImport[folder];
      if (allowed === undefined) return [`${file} is in no folder that this test knows`];
      return importedFiles(file)
        .filter((target) => inOperations(target) && folderOf(target, 1) !== folder)
        .filter((target) => !allowed.includes(folderOf(target, 1)))
        .map((target) => `${file} imports ${target}`);
    });
    expect(wrong).toEqual([]);
  });

  it('no file reaches itself by its imports, types included', () => {
    expect(circles(new Map(files.map((file) => [file, importedFiles(file)])))).toEqual([]);
  });

  it('the search for circles finds one', () => {
    const imports = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', []],
      ['e', ['e']],
    ]);
    expect(circles(imports)).toEqual([['a', 'b', 'c'], ['e']]);
  });

  it('above the drivers none of them is known by name', () => {
    const above = files.filter((file) => /^(operations|cli|commands|lab)\//.test(file));
    const named = above.filter(
      (file) =>
        importedFiles(file).some((target) => /^drivers\/[^/]+\//.test(target)) ||
        saysName(`${file}\n${sourceText(file)}`.replace(notDrivers[file] ?? '', '')),
    );
    expect(named).toEqual([]);
    // What is no reason any more goes from the list.
    expect(Object.entries(notDrivers).filter(([file, text]) => !sourceText(file).includes(text))).toEqual([]);
  });

  it('whether a node is joined, ready, reached or gone is judged in one place', () => {
    const judging = files.filter((file) => !file.startsWith('drivers/') && judgesMembership.test(sourceText(file)));
    expect(judging.filter((file) => !(file in noJudges))).toEqual([]);
    // What is no reason any more goes from the list.
    expect(Object.keys(noJudges).filter((file) => !judging.includes(file))).toEqual([]);
  });

  it('a driver imports no other driver', () => {
    const wrong = files
      .filter((file) => /^drivers\/[^/]+\//.test(file) && folderOf(file, 1) !== 'testing')
      .flatMap((file) =>
        importedFiles(file)
          .filter((target) => /^drivers\/[^/]+\//.test(target) && folderOf(target, 1) !== folderOf(file, 1))
          .map((target) => `${file} imports ${target}`),
      );
    expect(wrong).toEqual([]);
  });

  it('the AWS SDK, half a second to load, is loaded when something is asked of EC2', () => {
    const eager = files.filter((file) => /^import (?!type )[^;]*'@aws-sdk\/client-ec2'/m.test(sourceText(file)));
    expect(eager).toEqual([]);
  });

  it('each heavy library is imported in one place', () => {
    const wrong = files.flatMap((file) =>
      importsOf(file)
        .filter((target) => onlyIn[target] !== undefined && !file.startsWith(onlyIn[target]))
        .map((target) => `${file} imports ${target}`),
    );
    expect(wrong).toEqual([]);
  });
});
