import { command, type ErrorArea } from './error-entry.js';

export const engineErrors = {
  CA_BROKEN: {
    exits: [1],
    meaning: 'The certificate authority of the store is missing or cannot be read.',
    remedy: 'Restore the folder certs from a backup, or run the same command again to make a new one.',
    values: { folder: '/home/me/.local/share/swarmup/certs' },
  },
  CERTIFICATES_ENDED: {
    exits: [6],
    meaning: 'The node certificates of all managers expired while the managers were off.',
    remedy: `Run ${command`swarm recover`}, then the same command again.`,
    example: 'the node certificates of all managers of swarm default (m1, m2, m3) expired while the managers were off',
  },
  CERTIFICATES_MISSING: {
    exits: [1],
    meaning: 'The files with which a docker client logs in to the engine of the host are missing.',
    remedy: `Make them again with ${command`provision agent1`}.`,
    example:
      'a docker client cannot log in to agent1: there is no cert.pem, key.pem in /home/me/.local/share/swarmup/certs',
  },
  'ENGINE_*': {
    exits: [1],
    meaning:
      'The Docker Engine refused a request; the number in the code is its HTTP status, for example ENGINE_404 for an object that does not exist.',
    remedy: 'Read what the engine says in the message.',
    example: 'the Docker Engine of manager: No such image: web:9 (POST /services/create)',
  },
  ENGINE_CONFIG_CONFLICT: {
    exits: [1],
    meaning: 'The engine is configured on the host in a way that contradicts what swarmup needs.',
    remedy: 'Remove the setting that the message names from the file on the host.',
  },
  ENGINE_CONFIG_INVALID: {
    exits: [1],
    meaning: '/etc/docker/daemon.json on the host is not a JSON object.',
    remedy: 'Repair the file, then run the same command again.',
    values: { why: 'it is not a JSON object' },
  },
  ENGINE_DOWNGRADE: {
    exits: [1],
    meaning:
      'The host has a newer Docker Engine than the one that you asked for, and an older engine cannot read its data.',
    remedy: 'Create the host again instead.',
    values: { now: '28.2.2', asked: '27.5.1' },
  },
  ENGINE_INSTALL_FAILED: {
    exits: [1],
    meaning: 'The installation of Docker Engine ended with an error.',
    remedy: 'Check the package sources of the host as the hint says, then run the same command again.',
    values: { url: 'https://get.docker.com', what: 'failed', why: 'E: Unable to locate package docker-ce' },
  },
  ENGINE_MISSING: {
    exits: [1],
    meaning: 'There is no Docker Engine on the host.',
    remedy: 'Run the same command again, or install the engine yourself if `--engine-install-url` is none.',
  },
  ENGINE_NOT_PACKAGED: {
    exits: [1],
    meaning: 'The engine of the host was not installed from packages, so packages cannot upgrade it.',
    remedy: 'Upgrade the engine on the host in the way that it was installed.',
    values: { why: 'none of docker.io, docker-ce is installed' },
  },
  ENGINE_OLDER: {
    exits: [3],
    meaning: 'The engine of the host is older than the one that made the backup.',
    remedy: 'Upgrade the engine first, or choose another host with `--on`.',
    values: { version: '27.5.1', engineVersion: '28.2.2' },
  },
  ENGINE_OPT_INVALID: {
    exits: [2],
    meaning: 'An option of the engine has a value that is not allowed.',
    remedy: 'Correct the value as the message says.',
    example: '--engine-opt live-restore: Docker does not allow this option in swarm mode',
  },
  ENGINE_OPT_UNKNOWN: {
    exits: [2],
    meaning: 'dockerd has no option with this name.',
    remedy: 'Use the name that the hint proposes, or find the option in the documentation of dockerd.',
    values: { typed: '--engine-opt max-downloads=3', name: '"max-downloads"' },
  },
  ENGINE_OTHER_HOST: {
    exits: [3],
    meaning:
      'The certificate of the engine at the address of the host belongs to another host: the addresses were swapped, or the host no longer exists and another host got its address.',
    remedy: `Run ${command`create agent1`}: it finds the host where its driver sees it, or makes it again if it no longer exists.`,
    example: 'the engine of agent2 answers at the address of agent1 (tcp://10.0.0.2:2376)',
  },
  ENGINE_PACKAGE_MISSING: {
    exits: [1],
    meaning: 'No package source of the host offers Docker Engine.',
    remedy: 'Check the package sources of the host, or install the engine yourself.',
    values: { name: 'Flatcar' },
  },
  ENGINE_START_FAILED: {
    exits: [1],
    meaning: 'Docker Engine was configured, but did not start.',
    remedy: 'Read the lines of its journal in the hints, remove the cause, then run the same command again.',
    example:
      'Docker Engine of agent1 did not start: unable to configure the Docker daemon with file /etc/docker/daemon.json',
  },
  ENGINE_UNIT_UNREADABLE: {
    exits: [1],
    meaning: 'swarmup cannot use the Docker service on the host.',
    remedy: 'Follow the hint, or install Docker from the packages of the distribution.',
  },
  ENGINE_UNREACHABLE: {
    exits: [1],
    meaning: 'The Docker Engine does not answer.',
    remedy: `Check that the host and its engine are running: ${command`doctor`}.`,
    values: { call: 'GET /nodes', reason: 'connect ECONNREFUSED /var/run/docker.sock' },
  },
  ENGINE_UNTRUSTED: {
    exits: [3],
    meaning: 'The engine has a certificate that does not prove which host it is.',
    remedy: `Check that the engine is that of the host, then make a new certificate with ${command`provision agent1`}.`,
    values: { wrong: 'was not signed by the certificate authority of this store' },
  },
  ENGINE_VERSION_MISMATCH: {
    exits: [1],
    meaning: 'The version of Docker Engine on the host differs from the one that you asked for.',
    remedy: `Leave out \`--engine-version\`, or change the engine with ${command`upgrade`}.`,
    values: { found: '27.5.1', asked: '28.2' },
  },
  ENGINE_VERSION_UNKNOWN: {
    exits: [1],
    meaning: 'No package source of the host offers the version that you asked for.',
    remedy: 'Ask for one of the versions in the hint.',
    values: { prettyName: 'Debian GNU/Linux 13 (trixie)', version: '99.0' },
  },
  INIT_UNSUPPORTED: {
    exits: [1, 3],
    meaning: 'The host runs neither systemd nor OpenRC, and swarmup needs one of them to configure Docker.',
    remedy: 'Use a host that was booted with one of them.',
  },
  INSTALL_SCRIPT_UNUSABLE: {
    exits: [1],
    meaning: 'The file at `--engine-install-url` cannot be run as an install script.',
    remedy: 'Check the URL, then run the same command again.',
    values: { url: 'https://get.docker.com', what: 'was not run', why: 'the host has neither curl nor wget' },
  },
  NODE_KEY_UNREADABLE: {
    exits: [1],
    meaning: 'The key file of a manager cannot be read.',
    remedy: 'Check the disk of the manager, or let the host join the swarm again.',
    values: { why: 'it does not contain the key of the Raft log' },
  },
  OS_UNSUPPORTED: {
    exits: [1, 3],
    meaning: 'swarmup cannot install Docker on the operating system of the host.',
    remedy: 'Install Docker Engine on the host yourself, then run the same command again.',
    values: { prettyName: 'NixOS 25.05 (Warbler)', id: 'nixos', like: '' },
  },
  PACKAGES_LOCKED: {
    exits: [1],
    meaning: 'Another program on the host is installing packages.',
    remedy: 'Wait until it has ended, then run the same command again.',
    example: 'cannot install Docker on agent1: unattended-upgrades holds the package lock',
  },
  TLS_SAN_INVALID: {
    exits: [2],
    meaning: 'A name for the certificate of the engine is neither a host name nor an address.',
    remedy: 'Use names or addresses with `--tls-san`.',
    values: { san: 'my host' },
  },
} satisfies ErrorArea;
