import { readFile } from 'node:fs/promises';
import { messageOf } from '../lib/errors.js';
import { sh } from '../lib/quote.js';
import type { Runner } from '../ssh/runner.js';
import { agentPaths, oldestNode } from './agent-paths.js';
import { findDistro } from './distros/distros.js';
import { readFacts } from './facts.js';
import type { HostFacts } from './host-facts.js';
import { defaultPatience, type Patience } from './distros/distro.js';

/** The Node.js that runs swarmup itself. */
export interface LocalNode {
  readonly path: string;
  readonly version: string;
  /** `process.platform` and `process.arch`. */
  readonly platform: string;
  readonly arch: string;
}

/** Where a Node.js for a host may come from. */
export interface NodeSource {
  /** undefined: the host is looked at when it matters. */
  readonly facts?: HostFacts | undefined;
  /** undefined: there is no copy to give away. */
  readonly localNode?: LocalNode | undefined;
  readonly patience?: Patience;
}

interface BringOptions extends NodeSource {
  readonly signal?: AbortSignal | undefined;
  readonly detail: (message: string) => void;
}

/** A hundred megabytes over a slow line. */
const uploadTimeoutMs = 15 * 60_000;

/** Gives a host a Node.js. Resolves to undefined when it did, else to why it could not. Errors: SSH_LOST, TIMEOUT. */
type BringNode = (runner: Runner, options: BringOptions) => Promise<string | undefined>;

/** The distribution's package, when it is new enough. */
const fromPackage: BringNode = async (runner, options) => {
  const facts = await factsOf(runner, options);
  const { signal, detail, patience = defaultPatience } = options;
  try {
    const distro = findDistro(runner.host, facts);
    const fits = (version: string): boolean => Number(/^(?:\d+:)?(\d+)/.exec(version)?.[1] ?? 0) >= oldestNode;
    const wanted = { name: distro.nodePackage, title: 'Node.js', fits };
    const installed = await distro.installPackage({ runner, facts, signal, detail, patience }, wanted);
    return installed === undefined ? `${facts.os.prettyName} has no package of it` : undefined;
  } catch (error) {
    signal?.throwIfAborted();
    return messageOf(error);
  }
};

/** The one that runs swarmup, when it runs there: same processor, same C library. */
const fromHere: BringNode = async (runner, options) => {
  const facts = await factsOf(runner, options);
  const { localNode: node, signal, detail } = options;
  if (node === undefined) return 'this swarmup has no copy that it can give away';
  if (node.platform !== 'linux' || machineNames[node.arch] !== facts.arch)
    return `the Node.js of this computer (${node.platform} ${node.arch}) does not run on ${facts.arch}`;
  detail(`copying Node.js ${node.version} of this computer`);
  const path = agentPaths.runtime;
  await runner.exec(sh`mkdir -p ${path.slice(0, path.lastIndexOf('/'))}`, { signal });
  await runner.upload([{ path, data: await readFile(node.path), mode: 0o755 }], { signal, timeoutMs: uploadTimeoutMs });
  // One of a distribution is a small program with its libraries elsewhere; one for glibc does not start with musl.
  const started = await runner.exec(sh`${path} --version`, { signal, check: false });
  if (started.exitCode === 0) return undefined;
  await runner.exec(sh`rm -f ${path}`, { signal });
  const said = (started.stderr || started.stdout).trim().split('\n')[0] ?? '';
  return `the Node.js of this computer does not start on the host (${said || `exit code ${String(started.exitCode)}`})`;
};

/** The ways to a Node.js on a host, best first. */
export const nodeSources: readonly BringNode[] = [fromPackage, fromHere];

const factsOf = async (runner: Runner, { facts, signal }: BringOptions): Promise<HostFacts> =>
  facts ?? readFacts(runner, { signal });

/** Node.js's names of processors as `uname -m` has them. */
const machineNames: Readonly<Record<string, string>> = {
  x64: 'x86_64',
  arm64: 'aarch64',
  arm: 'armv7l',
  ppc64: 'ppc64le',
  s390x: 's390x',
  riscv64: 'riscv64',
};
