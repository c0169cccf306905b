import { swarmup } from '../typed-command.js';
import { command, type ErrorArea } from './error-entry.js';

export const hostsErrors = {
  ADDRESS_INVALID: {
    exits: [2],
    meaning: 'The address after NAME= is not an address.',
    remedy: 'Write the address as NAME=[USER@]HOST[:PORT].',
    values: { text: '10.0.0.5:99999' },
  },
  ADDRESS_MISSING: {
    exits: [2],
    meaning: 'The host has no address, neither on the command line nor in ~/.ssh/config.',
    remedy: `Name an address with ${command`create agent1=ubuntu@10.0.0.5`}.`,
  },
  ADDRESS_UNSUPPORTED: {
    exits: [2],
    meaning: 'The driver makes new hosts, so they cannot have an address of an existing host.',
    remedy: 'Leave out the address, or choose a driver for hosts that exist already.',
    values: { name: ['docker', 'agent1'] },
  },
  DRIVER_NONE: {
    exits: [3],
    meaning: 'No driver can make hosts on this computer.',
    remedy: `See why with ${command`driver ls`}, and install what one of them needs.`,
    example: 'no driver can make hosts on this computer (docker: no Docker Engine on unix:///var/run/docker.sock)',
  },
  HOST_ABSENT: {
    exits: [1],
    meaning: 'The host is on record, but its machine no longer exists.',
    remedy: `Make it again with ${command`create agent1`}, or remove its record with ${command`rm agent1`}.`,
    values: { container: 'swarmup-agent1' },
  },
  HOST_AMBIGUOUS: {
    exits: [2],
    meaning: 'Hosts of several swarms have this name.',
    remedy: 'Give the full name of the host, which is its name, a dot and the name of its swarm.',
    example: 'there are 2 hosts named manager: manager.default, manager.lab',
  },
  HOST_EXISTS: {
    exits: [2],
    meaning: 'A host with this name exists already.',
    remedy: `Choose another name, or remove the host with ${command`rm agent1`}.`,
  },
  HOST_NOT_MADE: {
    exits: [1],
    meaning: 'A required host could not be created.',
    remedy: 'Remove the cause that the message names, then run the same command again.',
    example: 'manager could not be made: no Docker Engine on unix:///var/run/docker.sock',
  },
  HOST_NOT_READY: {
    exits: [1],
    meaning: 'The creation of the host was never finished.',
    remedy: `Run ${command`create agent1`} with the same name: it continues where it stopped.`,
    values: { missing: 'its creation was not finished' },
  },
  HOST_NOT_RUNNING: {
    exits: [1],
    meaning: 'The host is off or no longer exists.',
    remedy: `Start it with ${command`start agent1`}.`,
    values: { state: 'stopped', why: '' },
  },
  HOST_REMOVING: {
    exits: [1],
    meaning: 'The removal of the host was started but not finished.',
    remedy: `Finish it with ${command`rm agent1`}.`,
  },
  HOST_SAME: {
    exits: [2],
    meaning: 'Two names were given for the same host.',
    remedy: 'Use only one name for each host.',
    values: { other: 'agent1', name: 'agent2', where: '10.0.0.5:22' },
  },
  HOST_TAKEN: {
    exits: [2],
    meaning: 'The address belongs to a host that is on record under another name.',
    remedy: `Use that name for the host, or first remove the host with ${command`rm agent1`}.`,
    values: { where: '10.0.0.5:22' },
  },
  HOST_UNKNOWN: {
    exits: [2],
    meaning: 'There is no host with this name.',
    remedy: `See all hosts with ${command`ls`}.`,
    example: 'there is no host named agnet1',
  },
  IMAGES_AMBIGUOUS: {
    exits: [2],
    meaning: 'Several drivers use images, so the driver must be named.',
    remedy: 'Name the driver with `--driver`.',
  },
  IMAGES_NONE: {
    exits: [2],
    meaning: 'No driver uses images, or the driver that was named does not use them.',
    remedy: `See the drivers with ${command`driver ls`}.`,
    example: 'the driver docker does not use images',
  },
  IMAGE_UNKNOWN: {
    exits: [2],
    meaning: 'There is no image with this name.',
    remedy: `See the images with ${command`image ls`}.`,
    values: { name: 'debian-99' },
  },
  KEEP_UNSUPPORTED: {
    exits: [2],
    meaning: '`--keep` is for hosts that existed before swarmup, and swarmup made this one.',
    remedy: 'Leave out `--keep`.',
    values: { driver: 'docker' },
  },
  LEAVE_FAILED: {
    exits: [1],
    meaning: 'A host that is to be removed could not leave its swarm properly.',
    remedy: `Fix the cause, or remove the host anyway with ${command`rm --force agent1`}.`,
    example: 'agent1 could not leave swarm default: the Docker Engine of agent1 does not answer',
  },
  MANAGERS_INVALID: {
    exits: [2],
    meaning: 'The number of managers does not match the names or the other flags.',
    remedy: 'Use a number from 0 to the number of names with `--managers`, and do not combine it with `--no-swarm`.',
  },
  NOT_TRIED: {
    exits: [1],
    meaning: 'The host was not changed because an earlier step of the command failed.',
    remedy: 'Fix the problem, then run the same command again.',
    values: { reason: 'the run ended earlier' },
  },
  NO_ACTIVE_HOST: {
    exits: [1],
    meaning: 'The docker client of this shell does not point to a host on record.',
    remedy: `Make a host the active one with \`eval "$(${swarmup`env agent1`})"\`.`,
    values: { why: 'DOCKER_HOST is not set' },
  },
  NO_POWER: {
    exits: [1],
    meaning: 'The driver of the host cannot switch it on or off.',
    remedy: `Use other means; ${command`restart agent1`} reboots such a host over SSH.`,
    values: { verb: 'stop' },
  },
  NO_REHEARSAL: {
    exits: [1],
    meaning: 'No host could be created to rehearse the restore of a backup.',
    remedy: 'Set up a driver that creates hosts quickly, such as docker.',
    example: 'no driver on this computer can make temporary hosts',
  },
  NO_SNAPSHOTS: {
    exits: [3],
    meaning: 'The driver of the host cannot take snapshots.',
    remedy: `${command`driver ls`} shows the drivers that can.`,
    values: { name: ['generic', 'agent1'] },
  },
  NO_TLS: {
    exits: [1],
    meaning:
      'The host was made with `--no-tls`, or imported without a client certificate, so docker on this computer cannot reach its engine over TLS.',
    remedy: `Use docker on the host: ${command`ssh agent1 -- docker ps`}.`,
  },
  RESTORE_FAILED: {
    exits: [1],
    meaning: 'The changes of swarmup on an adopted host could not be undone.',
    remedy: `Run the command again when the host answers, or leave everything on the host with ${command`rm --keep agent1`}.`,
    values: { reason: 'no SSH connection to agent1 (10.0.0.5:22): no answer' },
  },
  SNAPSHOT_EXISTS: {
    exits: [2],
    meaning: 'A snapshot with this name exists already.',
    remedy: `Choose another name, or remove the old one with ${command`snapshot rm clean`}.`,
    values: { name: ['agent1', 'clean'] },
  },
  SNAPSHOT_FAILED: {
    exits: [1],
    meaning: 'The content of a volume could not be copied for a snapshot.',
    remedy: 'Free some space on the disk, then try again.',
    values: { from: 'swarmup-agent1', StatusCode: '1' },
  },
  SNAPSHOT_IN_USE: {
    exits: [1],
    meaning: 'Other snapshots are based on the snapshot that is to be removed.',
    remedy: 'First remove the snapshots that were taken after it.',
    values: { name: 'clean' },
  },
  SNAPSHOT_MISMATCH: {
    exits: [3],
    meaning: 'Some hosts of the lab do not have the snapshot, so the lab has changed since.',
    remedy: `See the snapshots with ${command`snapshot ls`} and restore one that all hosts have.`,
    example: 'agent2 has no snapshot before: the lab has changed since',
  },
  SNAPSHOT_UNKNOWN: {
    exits: [2],
    meaning: 'There is no snapshot with this name.',
    remedy: `See the snapshots with ${command`snapshot ls`}.`,
    values: { name: ['agent1', 'clean'] },
  },
} satisfies ErrorArea;
