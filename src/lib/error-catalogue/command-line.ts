import { command, type ErrorArea } from './error-entry.js';

export const commandLineErrors = {
  BUG: {
    exits: [1],
    meaning: 'swarmup met a situation that it cannot handle, which is a bug in swarmup.',
    remedy: `Run the command again with \`--debug\` and report what it prints, together with ${command`--version`}.`,
    example: 'this is a bug in swarmup: Cannot read properties of undefined',
  },
  CANCELLED: {
    exits: [1],
    meaning: 'You answered no, so nothing was changed.',
    remedy: 'Run the command again and answer yes, or add `--yes`.',
    example: 'nothing was changed',
  },
  CIDR_INVALID: {
    exits: [2],
    meaning: 'A value that must be a network is not a network.',
    remedy: 'Write an address and the length of its prefix, for example 10.20.0.0/16.',
    example: "'10.20.0.0' is not a network",
  },
  COMMAND_UNKNOWN: {
    exits: [2],
    meaning: 'There is no command with this name.',
    remedy: `Use the command that the hint proposes, or find it in ${command`--help`}.`,
    values: { unknown: '"strat"' },
  },
  CONFIG_INVALID: {
    exits: [2],
    meaning: 'The settings file is not JSON, or has a key or value that is not allowed.',
    remedy: 'Correct the file at the place in the message.',
    example: '/home/me/.local/share/swarmup/config.json:1:2: drivr: there is no such key; did you mean driver?',
  },
  CONFIRMATION_NEEDED: {
    exits: [2],
    meaning: 'The command asks before it destroys something, but there is no terminal for the question.',
    remedy: 'Add `--yes` if you are sure.',
  },
  COUNT_INVALID: {
    exits: [2],
    meaning: 'A replica count does not have the form SERVICE=NUMBER.',
    remedy: 'Write the count in this form, for example web=3.',
  },
  DRIVER_UNKNOWN: {
    exits: [1, 2],
    meaning: 'There is no driver with this name, or the driver of a host is no longer installed.',
    remedy: `See the drivers with ${command`driver ls`}, or install the missing one.`,
    example: "there is no driver named 'dockr'; the known drivers are docker, virtualbox, generic, aws",
  },
  FILE_EXISTS: {
    exits: [2],
    meaning: 'A file that the command would write exists already.',
    remedy: 'Choose another name, or add `--force` to overwrite the file.',
    values: { to: '/home/me/shop/swarmup.yaml' },
  },
  FILE_MISSING: {
    exits: [2],
    meaning: 'A file that another file or the command line names does not exist.',
    remedy: 'Correct the path, or create the file.',
    values: { path: '/home/me/shop/compose.yaml' },
  },
  FILE_UNREADABLE: {
    exits: [2],
    meaning: 'A file that was named on the command line cannot be read.',
    remedy: 'Check the path and the permissions of the file.',
    values: { file: 'swarm.backup', reason: "ENOENT: no such file or directory, open 'swarm.backup'" },
  },
  FILTER_INVALID: {
    exits: [2],
    meaning: 'A filter of a list has an unknown key or value.',
    remedy: 'Use one of the keys that the message names, for example `--filter` state=running.',
    values: { filter: '"running"' },
  },
  FLAG_NEEDS: {
    exits: [2],
    meaning: 'A flag works only together with another flag, which is missing.',
    remedy: 'Add the flag that the message names, or leave out this flag.',
  },
  FLAGS_CONFLICT: {
    exits: [2],
    meaning: 'Two flags cannot be used together, or a flag and the name of a host.',
    remedy: 'Use only one of the two.',
    example: '--json and -q cannot be used together: each chooses how the list is printed',
  },
  FORMAT_INVALID: {
    exits: [2],
    meaning: 'The template of `--format` has a mistake or names a field that does not exist.',
    remedy: "Use the fields that the message names, for example `--format` '{{.Name}}'.",
    values: { why: 'a {{ without }}' },
  },
  INTERRUPTED: {
    exits: [130],
    meaning: 'The command was stopped by Ctrl-C at a safe point.',
    remedy: 'Run the same command again: it continues where it stopped.',
    values: { by: 'Ctrl-C' },
  },
  LOCKED: {
    exits: [1, 5],
    meaning: 'Another swarmup process is working on the same objects, or a manager waits for its unlock key.',
    remedy: `Wait until the process in the message has ended; unlock a manager with ${command`swarm unlock agent1`}.`,
    example:
      'another swarmup is working on the same objects: swarm-default, held by pid 4711 on laptop since 2026-11-30T10:03:00Z',
  },
  NAME_DUPLICATE: {
    exits: [2],
    meaning: 'A name was given more than once.',
    remedy: 'Use each name only once.',
    example: 'given more than once: agent1',
  },
  NAME_INVALID: {
    exits: [2],
    meaning: 'A name contains characters that are not allowed, is empty or is too long.',
    remedy: 'Use letters, digits and hyphens, for example agent1.',
    values: { name: ['"agent_1"', 'only letters, digits and hyphens are allowed, not "_"'], what: 'host' },
  },
  NAME_MISSING: {
    exits: [2],
    meaning: 'No host was named, and there is no swarmup.yaml whose hosts the command could use.',
    remedy: 'Name the hosts, or go to the folder of a lab.',
  },
  OPTION_DIFFERS: {
    exits: [3],
    meaning: 'With this option, new hosts could not form one swarm with the hosts that the swarm has.',
    remedy: 'Leave out the option: new hosts get the one that the swarm was made with.',
    example:
      'w2 cannot join swarm default with --docker-network other: its hosts have --docker-network swarmup, and hosts in different Docker networks cannot reach each other',
  },
  OPTION_FOREIGN: {
    exits: [2],
    meaning: 'An option belongs to a driver other than the one that makes the hosts.',
    remedy: 'Leave out the option, or name the driver that it belongs to with `--driver`.',
    values: { foreign: 'docker-subnet', name: 'virtualbox' },
  },
  OPTION_INVALID: {
    exits: [2],
    meaning: 'An option of a driver has a value that is not allowed, or contradicts another option.',
    remedy: 'Use a value that the message allows.',
    values: { source: '--virtualbox-memory', shown: "'much'", expected: 'a whole number' },
  },
  PACKAGE_FAILED: {
    exits: [1],
    meaning: 'npm could not install or remove the package of a driver.',
    remedy: 'Run the npm command of the hint yourself to see its complete output.',
    example: 'npm install ended with 1: 404 Not Found',
  },
  PACKAGE_UNKNOWN: {
    exits: [2],
    meaning: 'The package of a driver that is to be removed is not installed.',
    remedy: `The hint or ${command`driver ls`} shows the installed packages.`,
    values: { name: 'swarmup-driver-acme' },
  },
  PREFLIGHT: {
    exits: [3],
    meaning: 'A check before the start found a problem that would make the command fail.',
    remedy: 'Follow the hints of the message.',
    example: 'the driver cannot make hosts here',
  },
  REPLICAS_INVALID: {
    exits: [2],
    meaning: 'A replica count or the choice of services is not valid.',
    remedy: 'Use a whole number that is not negative, and either names of services or `--all`.',
    values: { flag: 'max', text: '"many"', wanted: 'a whole number from 0 on, or none' },
  },
  SETTING_INVALID: {
    exits: [2],
    meaning: 'A setting has a value that is not allowed.',
    remedy: `Use one of the values that the message allows, or remove the setting with ${command`config unset driver`}.`,
    example: 'driver: it must be docker, virtualbox, aws or generic, and is "dockr"; did you mean docker?',
  },
  SETTING_UNKNOWN: {
    exits: [2],
    meaning: 'There is no setting with this name.',
    remedy: `See all settings with ${command`config ls`}.`,
    values: { key: '"drivr"' },
  },
  SHELL_UNKNOWN: {
    exits: [2],
    meaning: 'There is no completion for the shell that was named.',
    remedy: 'Name one of the shells in the message.',
    example: 'completion is for bash, zsh, fish, not for "bsh"',
  },
  TERMINATED: {
    exits: [143],
    meaning: 'The command was stopped by a termination signal at a safe point.',
    remedy: 'Run the same command again: it continues where it stopped.',
    values: { by: 'a termination signal' },
  },
  TIMEOUT: {
    exits: [124],
    meaning: 'Something did not happen in time; the message says what swarmup waited for and the last cause.',
    remedy: 'Remove the cause that the message names, then run the same command again.',
    example: 'waited 90 s for sshd of agent1 to answer: connect ECONNREFUSED 10.0.0.2:22',
  },
  USAGE: {
    exits: [2],
    meaning:
      'The command line is not valid for the command: a flag or a word is unknown, is missing or contradicts another.',
    remedy: 'Read `swarmup COMMAND --help` and correct the command line.',
    example: 'there is no flag --fomat',
  },
  VALUE_INVALID: {
    exits: [2],
    meaning: 'A value does not have the form that its flag requires.',
    remedy: 'Write the value as the hint shows.',
    values: { flag: '--label-add', text: 'my zone' },
  },
  VARIABLE_MISSING: {
    exits: [2],
    meaning: 'A file uses an environment variable that is not set.',
    remedy: 'Set the variable, or add a default in the file, for example ${NAME:-value}.',
    example: 'swarmup.yaml:5:11: message: the variable TOKEN is not set',
  },
} satisfies ErrorArea;
