import { command, type ErrorArea } from './error-entry.js';

export const labsErrors = {
  DRILL_IMPOSSIBLE: {
    exits: [3],
    meaning: 'The drill cannot be done in this lab, for example because it has too few nodes.',
    remedy: 'Choose another drill, or enlarge the lab.',
    example: 'the lab has no host but its leader',
  },
  FORWARD_INVALID: {
    exits: [2],
    meaning: 'A forward does not have the form [HOST:]LOCAL:REMOTE.',
    remedy: 'Write the forward in this form, for example 8080:80.',
    values: { text: '"8080"' },
  },
  FORWARD_NONE: {
    exits: [2],
    meaning: 'The lab declares no ports to forward.',
    remedy: `Name a port, for example ${command`forward 8080:80`}.`,
    values: { name: 'shop' },
  },
  HOOK_FAILED: {
    exits: [1],
    meaning: 'A hook of the manifest ended with an error.',
    remedy: 'Read the last lines of the hook in the hints, and correct it.',
    values: { hook: 'after-up', exitCode: '1' },
  },
  LAB_ELSEWHERE: {
    exits: [3],
    meaning: 'A lab of this name was made from a manifest in another folder.',
    remedy: 'Change to that folder, or give the lab in this folder a name of its own.',
    example: 'lab shop belongs to /home/me/shop/swarmup.yaml, not to /home/me/copy/swarmup.yaml',
  },
  LAB_EMPTY: { exits: [2], meaning: 'The lab has no hosts yet.', remedy: `Make them with ${command`up`}.` },
  LAB_PROTECTED: {
    exits: [3],
    meaning: 'The manifest protects the lab, so it cannot be destroyed and drills are not allowed.',
    remedy: 'Remove protect: true from the manifest first.',
    values: { name: 'shop' },
  },
  LAB_UNWELL: {
    exits: [6],
    meaning: 'The lab is not healthy, so a drill would prove nothing.',
    remedy: `See why with ${command`status`}, and repair it with ${command`up`}.`,
    values: { why: 'agent1 is down' },
  },
  MANIFEST_INVALID: {
    exits: [1, 2],
    meaning: 'swarmup.yaml has an unknown key, a value that is not allowed, or parts that contradict each other.',
    remedy: 'Correct the file at the place in the message.',
    example: 'swarmup.yaml:5:5: pools.managers.rol: there is no such key; did you mean role?',
  },
  MANIFEST_AMBIGUOUS: {
    exits: [2],
    meaning: 'A folder has both swarmup.yaml and swarmup.yml, so it is not clear which lab is meant.',
    remedy: 'Remove one of them, or name the one that you mean with `--file`.',
    values: { one: '/home/me/shop/swarmup.yaml', another: '/home/me/shop/swarmup.yml' },
  },
  MANIFEST_MISSING: {
    exits: [2],
    meaning: 'There is no swarmup.yaml in the folder or in a folder above it, or a file it extends is missing.',
    remedy: `Write one with ${command`init`}, or name it with \`--file\`.`,
    values: { cwd: '/home/me/shop' },
  },
  MANIFEST_UNTRUSTED: {
    exits: [3],
    meaning: 'The manifest has commands for this computer (hooks, secrets) that were not approved.',
    remedy: `Look at them with ${command`plan`}. Then run ${command`up`}, which asks, or ${command`up --trust`}.`,
    example: '/home/me/shop/swarmup.yaml has commands for this computer that were not approved',
  },
  NAME_TAKEN: {
    exits: [3],
    meaning: 'A pool of the lab needs a host name that a host outside the lab has.',
    remedy: 'Give the hosts of the pool other names, or remove that host.',
    values: { name: ['workers', 'agent1', 'agent1'], whose: 'a host that does not belong to this lab' },
  },
  NOT_A_LAB: {
    exits: [3],
    meaning: 'The swarm has hosts that were not made for a lab, and drills work only on labs.',
    remedy: `Run drills in a lab that ${command`up`} has made.`,
    values: { lab: 'default', names: 'agent1' },
  },
  POOL_UNKNOWN: {
    exits: [2],
    meaning: 'The lab has no pool with this name.',
    remedy: 'Name one of the pools in the hint.',
    values: { name: 'shop', pool: 'workres' },
  },
  PORT_TAKEN: {
    exits: [1, 3],
    meaning: 'A port of this computer is in use by another program.',
    remedy: 'Choose another port.',
    values: { local: '8080' },
  },
  SECRET_MISSING: {
    exits: [2],
    meaning: 'A secret of the manifest refers to a variable, file or command that gives no value.',
    remedy: 'Set the variable, create the file, or correct the command.',
    values: { what: 'DB_PASSWORD' },
  },
  TEMPLATE_UNKNOWN: {
    exits: [2],
    meaning: 'There is no lab template with this name.',
    remedy: `See the templates with ${command`init --list`}.`,
    values: { template: 'trio' },
  },
} satisfies ErrorArea;
