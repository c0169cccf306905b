import { command, type ErrorArea } from './error-entry.js';
import { swarmup } from '../typed-command.js';

export const hostsErrors = {
  ADDRESS_INVALID: {
    exits: [2],
    meaning: 'The address after NAME= is not an address.',
    remedy: 'Write it as NAME=[USER@]HOST[:PORT].',
  },
  ADDRESS_MISSING: {
    exits: [2],
    meaning: 'The host has no address, neither on the command line nor in ~/.ssh/config.',
    remedy: `Give one with ${command`create agent1=ubuntu@10.0.0.5`}.`,
  },
  ADDRESS_UNSUPPORTED: {
    exits: [2],
    meaning: 'The driver makes its hosts itself, so they cannot be given an address.',
    remedy: 'Leave the address out, or choose a driver for hosts that exist already.',
  },
  DRIVER_NONE: {
    exits: [3],
    meaning: 'No driver can make hosts on this computer.',
    remedy: `See why with ${command`driver ls`}, and install what one of them needs.`,
    example: 'no driver can make hosts here (docker: no Docker Engine on unix:///var/run/docker.sock)',
  },
  HOST_ABSENT: {
    exits: [1],
    meaning: 'The host is on record, but what it was made of is gone.',
    remedy: `Make it again with ${command`create agent1`}, or forget it with ${command`rm agent1`}.`,
  },
  HOST_EXISTS: {
    exits: [2],
    meaning: 'There is a host of that name already.',
    remedy: `Choose another name, or remove the host with ${command`rm agent1`}.`,
  },
  HOST_NOT_MADE: {
    exits: [1],
    meaning: 'A host that was needed could not be made.',
    remedy: 'Remove the cause that the message names, then run the same command again.',
    example: 'manager could not be made: no Docker Engine on unix:///var/run/docker.sock',
  },
  HOST_NOT_READY: {
    exits: [1],
    meaning: 'The creation of the host was never finished.',
    remedy: `Run ${command`create agent1`} with the same name: it goes on where it stopped.`,
  },
  HOST_NOT_RUNNING: {
    exits: [1],
    meaning: 'The host is switched off or gone.',
    remedy: `Start it with ${command`start agent1`}.`,
  },
  HOST_REMOVING: {
    exits: [1],
    meaning: 'The removal of the host was begun and not finished.',
    remedy: `Finish it with ${command`rm agent1`}.`,
  },
  HOST_SAME: {
    exits: [2],
    meaning: 'Two names were given for one and the same host.',
    remedy: 'Give each host one name.',
  },
  HOST_TAKEN: {
    exits: [2],
    meaning: 'The address belongs to a host that is on record under another name.',
    remedy: `Use the host by that name, or give it up first with ${command`rm agent1`}.`,
  },
  HOST_UNKNOWN: {
    exits: [2],
    meaning: 'There is no host of that name.',
    remedy: `See all hosts with ${command`ls`}.`,
    example: 'there is no host agnet1',
  },
  IMAGES_AMBIGUOUS: {
    exits: [2],
    meaning: 'Several drivers have images, so one must be named.',
    remedy: 'Name one with `--driver`.',
  },
  IMAGES_NONE: {
    exits: [2],
    meaning: 'No driver keeps images, or not the one that was named.',
    remedy: `See the drivers with ${command`driver ls`}.`,
    example: 'the driver docker has no images',
  },
  IMAGE_UNKNOWN: {
    exits: [2],
    meaning: 'There is no image of that name.',
    remedy: `See the images with ${command`image ls`}.`,
  },
  KEEP_UNSUPPORTED: {
    exits: [2],
    meaning: '`--keep` is for hosts that existed before swarmup, and swarmup made this one.',
    remedy: 'Leave `--keep` out.',
  },
  LEAVE_FAILED: {
    exits: [1],
    meaning: 'A host that is to be removed could not leave its swarm in order.',
    remedy: `Mend the cause, or remove it all the same with ${command`rm --force agent1`}.`,
    example: 'agent1 could not leave swarm default: the Docker Engine of agent1 does not answer',
  },
  MANAGERS_INVALID: {
    exits: [2],
    meaning: 'The number of managers does not fit the names or the other flags.',
    remedy: 'Give `--managers` a number from 0 to the number of names, and not together with `--no-swarm`.',
  },
  NOT_TRIED: {
    exits: [1],
    meaning: 'The host was left as it is because an earlier step of the command failed.',
    remedy: 'Mend what failed, then run the same command again.',
  },
  NO_ACTIVE_HOST: {
    exits: [1],
    meaning: 'The docker client of this shell points to none of the hosts.',
    remedy: `Make a host the active one with \`eval "$(${swarmup`env agent1`})"\`.`,
  },
  NO_POWER: {
    exits: [1],
    meaning: 'The driver of the host cannot switch it on or off.',
    remedy: `Do it by other means; ${command`restart agent1`} reboots such a host by ssh.`,
  },
  NO_REHEARSAL: {
    exits: [1],
    meaning: 'No host could be made on which to rehearse the restore of a backup.',
    remedy: 'Make a driver work that makes hosts quickly, such as docker.',
    example: 'no driver here makes hosts to be thrown away',
  },
  NO_SNAPSHOTS: {
    exits: [3],
    meaning: 'The driver of the host takes no snapshots.',
    remedy: `See which drivers do with ${command`driver ls`}.`,
  },
  NO_TLS: {
    exits: [1],
    meaning: 'The host was made with `--no-tls`, so its engine cannot be reached from here.',
    remedy: `Use docker on the host: ${command`ssh agent1 -- docker ps`}.`,
  },
  RESTORE_FAILED: {
    exits: [1],
    meaning: 'What swarmup had changed on an adopted host could not be put back as it was.',
    remedy: `Run the command again when the host answers, or leave all on it with ${command`rm --keep agent1`}.`,
    example: 'web could not be given back as it was: it does not answer',
  },
  SNAPSHOT_EXISTS: {
    exits: [2],
    meaning: 'A snapshot of that name exists already.',
    remedy: `Choose another name, or remove the old one with ${command`snapshot rm clean`}.`,
  },
  SNAPSHOT_FAILED: {
    exits: [1],
    meaning: 'The content of a volume could not be copied for a snapshot.',
    remedy: 'Make room on the disk, then try again.',
  },
  SNAPSHOT_IN_USE: {
    exits: [1],
    meaning: 'Other snapshots build on the one that is to be removed.',
    remedy: 'Remove those that were taken after it first.',
  },
  SNAPSHOT_MISMATCH: {
    exits: [3],
    meaning: 'Some hosts of the lab do not have the snapshot, so the lab has changed since.',
    remedy: `See the snapshots with ${command`snapshot ls`} and restore one that all hosts have.`,
    example: 'agent2 has no snapshot before: the lab has changed since',
  },
  SNAPSHOT_UNKNOWN: {
    exits: [2],
    meaning: 'There is no snapshot of that name.',
    remedy: `See the snapshots with ${command`snapshot ls`}.`,
  },
} satisfies ErrorArea;
