import { command, type ErrorArea } from './error-entry.js';

export const commandLineErrors = {
  BUG: {
    exits: [1],
    meaning: 'Something happened that swarmup does not understand, which is a mistake in swarmup.',
    remedy: `Run the command again with \`--debug\` and report what it prints, together with ${command`--version`}.`,
    example: 'this is a bug in swarmup: Cannot read properties of undefined',
  },
  CANCELLED: {
    exits: [1],
    meaning: 'You answered no, so nothing was changed.',
    remedy: 'Run the command again and answer yes, or pass `--yes`.',
    example: 'nothing was changed',
  },
  CIDR_INVALID: {
    exits: [2],
    meaning: 'A text that should be a network is not one.',
    remedy: 'Write an address and the length of its prefix, as in 10.20.0.0/16.',
    example: "'10.20.0.0' is not a network",
  },
  COMMAND_UNKNOWN: {
    exits: [2],
    meaning: 'There is no command of that name.',
    remedy: `Take the command that the hint proposes, or look for it in ${command`--help`}.`,
  },
  CONFIG_INVALID: {
    exits: [2],
    meaning: 'The file of settings is not JSON, or has a key or value that is not allowed.',
    remedy: 'Correct the file at the place in the message.',
    example: '/home/me/.local/share/swarmup/config.json:1:2: drivr: there is no such key; did you mean driver?',
  },
  CONFIRMATION_NEEDED: {
    exits: [2],
    meaning: 'The command asks before it destroys something, and there is no terminal to ask on.',
    remedy: 'Pass `--yes` when you are sure.',
  },
  COUNT_INVALID: {
    exits: [2],
    meaning: 'A count of replicas is not written as SERVICE=NUMBER.',
    remedy: 'Write it as in web=3.',
  },
  DRIVER_UNKNOWN: {
    exits: [1, 2],
    meaning: 'There is no driver of that name, or the driver of a host is no longer installed.',
    remedy: `See the drivers with ${command`driver ls`}, or install the missing one.`,
    example: "there is no driver 'dockr'; known drivers: docker, virtualbox, generic, aws",
  },
  FILE_EXISTS: {
    exits: [2],
    meaning: 'A file that the command would write is there already.',
    remedy: 'Choose another name, or pass `--force` to write over it.',
  },
  FILE_MISSING: {
    exits: [2],
    meaning: 'A file that another file or the command line names is not there.',
    remedy: 'Correct the path, or create the file.',
  },
  FILE_UNREADABLE: {
    exits: [2],
    meaning: 'A file that was named on the command line cannot be read.',
    remedy: 'Check the path and who may read the file.',
  },
  FILTER_INVALID: {
    exits: [2],
    meaning: 'A filter of a list has an unknown key or value.',
    remedy: 'Use one of the keys that the message names, as in `--filter` state=running.',
  },
  FLAG_NEEDS: {
    exits: [2],
    meaning: 'A flag was given that has a meaning only together with another flag.',
    remedy: 'Add the flag that the message names, or leave this one out.',
  },
  FLAGS_CONFLICT: {
    exits: [2],
    meaning: 'Two flags of a list contradict each other, as two ways to print it do.',
    remedy: 'Give one of the two.',
    example: '--json and -q are two ways to print a list',
  },
  FORMAT_INVALID: {
    exits: [2],
    meaning: 'The template of `--format` has a mistake or names a field that does not exist.',
    remedy: "Use the fields that the message names, as in `--format` '{{.Name}}'.",
  },
  INTERRUPTED: {
    exits: [130],
    meaning: 'The command was stopped by Ctrl-C at a safe point.',
    remedy: 'Run the same command again: it goes on where it stopped.',
  },
  LOCKED: {
    exits: [1, 5],
    meaning: 'Another swarmup process is at work on the same thing, or a manager waits for its unlock key.',
    remedy: `Wait until the process in the message has ended; unlock a manager with ${command`swarm unlock agent1`}.`,
    example: 'another swarmup is at work: swarm-default, held by pid 4711 on laptop since 2026-11-30T10:03:00Z',
  },
  NAME_DUPLICATE: {
    exits: [2],
    meaning: 'A name was given more than once.',
    remedy: 'Give each name once.',
    example: 'given more than once: agent1',
  },
  NAME_INVALID: {
    exits: [2],
    meaning: 'A name has letters that host names and swarm names must not have, or is empty or too long.',
    remedy: 'Use letters, digits and hyphens, as in agent1.',
  },
  NAME_MISSING: {
    exits: [2],
    meaning: 'No host was named, and there is no swarmup.yaml here whose hosts could be meant.',
    remedy: 'Name the hosts, or go to the folder of a lab.',
  },
  OPTION_FOREIGN: {
    exits: [2],
    meaning: 'An option belongs to another driver than the one that makes the hosts.',
    remedy: 'Leave the option out, or name the driver it belongs to with `--driver`.',
  },
  OPTION_INVALID: {
    exits: [2],
    meaning: 'An option of a driver has a value that it cannot have, or contradicts another one.',
    remedy: 'Give a value that the message allows.',
  },
  PACKAGE_FAILED: {
    exits: [1],
    meaning: 'npm could not install or remove the package of a driver.',
    remedy: 'Run the npm command of the hint by hand to see all that it says.',
    example: 'npm install ended with 1: 404 Not Found',
  },
  PACKAGE_UNKNOWN: {
    exits: [2],
    meaning: 'The package of a driver that is to be removed is not installed.',
    remedy: `See what is installed in the hint or with ${command`driver ls`}.`,
  },
  PREFLIGHT: {
    exits: [3],
    meaning: 'A check before the work found something that would make it fail.',
    remedy: 'Follow the hints of the message.',
    example: 'the driver cannot make hosts here',
  },
  REPLICAS_INVALID: {
    exits: [2],
    meaning: 'A number of replicas, or the choice of services, makes no sense.',
    remedy: 'Give a whole number that is not negative, and either names of services or `--all`.',
  },
  SETTING_INVALID: {
    exits: [2],
    meaning: 'A setting was given a value that it cannot have.',
    remedy: `Give one of the values that the message allows, or take the setting out with ${command`config unset driver`}.`,
    example: 'driver: it must be docker, virtualbox, aws or generic, and is "dockr"; did you mean docker?',
  },
  SETTING_UNKNOWN: {
    exits: [2],
    meaning: 'There is no setting of that name.',
    remedy: `See all settings with ${command`config ls`}.`,
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
    remedy: 'Run the same command again: it goes on where it stopped.',
  },
  TIMEOUT: {
    exits: [124],
    meaning: 'Something did not happen within its time; the message says what was waited for and the last cause.',
    remedy: 'Remove the cause that the message names, then run the same command again.',
    example: 'waited 90 s for sshd of agent1 to answer: connect ECONNREFUSED 10.0.0.2:22',
  },
  USAGE: {
    exits: [2],
    meaning: 'The command line does not fit the command: a flag or a word is unknown, missing or contradicts another.',
    remedy: 'Read `swarmup COMMAND --help` and correct the command line.',
    example: 'Nonexistent flag: --fomat',
  },
  VALUE_INVALID: {
    exits: [2],
    meaning: 'A value does not have the form that its flag needs.',
    remedy: 'Write it as the hint shows.',
  },
  VARIABLE_MISSING: {
    exits: [2],
    meaning: 'A file uses an environment variable that is not set.',
    remedy: 'Set the variable, or give it a default in the file, as in ${NAME:-value}.',
    example: 'swarmup.yaml:5:10: the variable TOKEN is not set',
  },
} satisfies ErrorArea;
