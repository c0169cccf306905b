import { command, type ErrorArea } from './error-entry.js';

export const storeErrors = {
  AUTHORITY_REFUSED: {
    exits: [2],
    meaning:
      'The certificate authority of the sender cannot be imported: the file has none, or this store has its own.',
    remedy: 'Leave out `--with-authority`.',
    example: 'the authority cannot be imported: the file has none',
  },
  BUNDLE_BROKEN: {
    exits: [1],
    meaning:
      'A file of exported hosts does not have the form that swarmup writes, or names files, programs or servers that it must not. Nothing was imported.',
    remedy: 'Export the hosts again. If the file is not yours, ask its sender.',
    example:
      'host 1 in hosts.sealed is refused: endpoint.user: it must be the name of a user: letters, digits and . _ - @ +',
  },
  BUNDLE_NEWER: {
    exits: [1],
    meaning: 'A newer version of swarmup wrote the file of exported hosts.',
    remedy: 'Upgrade swarmup.',
    values: { path: 'hosts.sealed' },
  },
  BUNDLE_UNREADABLE: {
    exits: [2],
    meaning: 'The file of exported hosts cannot be read.',
    remedy: 'Check the path and the permissions of the file.',
    values: { path: 'hosts.sealed', reason: "ENOENT: no such file or directory, open 'hosts.sealed'" },
  },
  CONTEXT_FOREIGN: {
    exits: [3],
    meaning: 'A docker context with this name exists, and this swarmup did not make it.',
    remedy: 'If you do not need the context, remove it with docker context rm.',
    values: { Name: 'agent1' },
  },
  COPY_REFUSED: {
    exits: [2],
    meaning: 'The copy is not possible in this form.',
    remedy: 'Follow the message, for example leave out `--delta`.',
  },
  FILE_FAILED: {
    exits: [1],
    meaning: 'A file on this computer or on a host could not be read, written or replaced.',
    remedy: 'Remove the cause that the message names, then copy again.',
    values: { path: 'app.conf', reason: 'the file or folder does not exist' },
  },
  HOME_UNKNOWN: {
    exits: [2],
    meaning: 'swarmup cannot find the folder for its files because an environment variable is not set.',
    remedy: 'Set the variable that the message names, or SWARMUP_HOME.',
    values: { variable: 'HOME' },
  },
  LOCATION_INVALID: {
    exits: [2],
    meaning: 'A location does not have the form PATH, HOST:PATH or USER@HOST:PATH.',
    remedy: 'Write the location in one of these forms; put ./ before a local file with a colon in its name.',
    values: { text: '"ubuntu@:/etc"', why: 'the part before the colon is not in the form [USER@]MACHINE' },
  },
  MACHINE_BROKEN: {
    exits: [1],
    meaning: 'The record of a machine of docker-machine cannot be read.',
    remedy: `If the host runs, adopt it by its address with ${command`create agent1=ubuntu@10.0.0.5`}.`,
    values: { why: 'it is not JSON', path: '/home/me/.docker/machine/machines/agent1/config.json' },
  },
  MACHINE_HALF_MADE: {
    exits: [1],
    meaning: 'docker-machine never finished the machine, so there is nothing complete to import.',
    remedy: `If the host runs, adopt it by its address with ${command`create agent1=ubuntu@10.0.0.5`}.`,
    values: { why: 'it has no config.json' },
  },
  MOUNT_FAILED: {
    exits: [1],
    meaning: 'A folder of a host could not be mounted, or could not be unmounted.',
    remedy: `Check that you can log in with ${command`ssh agent1`}, and that nothing uses the mount point.`,
    example: 'agent1:/srv cannot be mounted on ./srv: mount point does not exist',
  },
  NO_SSH: {
    exits: [1],
    meaning: 'A machine of docker-machine has the driver none: it is only a URL, without SSH access.',
    remedy: 'Make a docker context for the URL instead.',
  },
  PASSPHRASE_DIFFERS: {
    exits: [1],
    meaning: 'The passphrase was typed differently the second time.',
    remedy: 'Run the command again and type the same passphrase twice.',
  },
  PASSPHRASE_NEEDED: {
    exits: [1, 2, 3],
    meaning: 'A passphrase is needed, but there is no terminal to ask for it.',
    remedy: 'Use `--passphrase-file` or `--key-file`.',
  },
  PASSPHRASE_WRONG: {
    exits: [3],
    meaning: 'The passphrase does not open the private SSH key.',
    remedy: 'Check the passphrase with ssh-keygen -y -f KEY.',
    values: { path: '/home/me/.ssh/id_ed25519' },
  },
  RECORD_BROKEN: {
    exits: [1, 3],
    meaning: 'A record of a host or swarm cannot be read: it is damaged or does not have the form that swarmup writes.',
    remedy: `Repair the file at the place in the message, or restore it from a backup; of a host, ${command`adopt agent1`} writes it again.`,
    example:
      'the record of host agent1 cannot be read: /home/me/.local/share/swarmup/swarms/default/hosts/agent1/machine.json:9:2: it is not JSON',
  },
  RECORD_NEWER: {
    exits: [1],
    meaning: 'A newer version of swarmup wrote a record.',
    remedy: 'Upgrade swarmup.',
    values: {
      what: 'host agent1',
      versions: 'version 2, but this swarmup knows only 1',
      path: '/home/me/.local/share/swarmup/swarms/default/hosts/agent1/machine.json',
    },
  },
  RSYNC_FAILED: {
    exits: [1],
    meaning: 'rsync ended with an error.',
    remedy: 'Remove the cause that rsync names, or leave out `--delta`.',
    example: 'copying to agent1 failed: rsync: connection unexpectedly closed',
  },
  RSYNC_MISSING: {
    exits: [1],
    meaning: 'rsync is missing on one of the two sides, and `--delta` needs it on both.',
    remedy: 'Install rsync on that side, or leave out `--delta`.',
    values: { where: 'agent1' },
  },
  SEAL_DAMAGED: {
    exits: [1],
    meaning: 'A sealed file was changed or cut off after it was made.',
    remedy: 'Copy the file again from the place where it was made.',
    example: 'backup.sealed is damaged: it was changed after it was made',
  },
  SEAL_FOREIGN: {
    exits: [1],
    meaning: 'A file is not a sealed file of the kind that the command needs.',
    remedy: 'Name the correct file.',
    values: { path: 'hosts.sealed', kind: '"machines"', why: 'swarmup did not write the file' },
  },
  SEAL_KEY_UNREADABLE: {
    exits: [1, 2],
    meaning: 'The file with the passphrase or key cannot be read.',
    remedy: 'Check the path and the permissions of the file.',
    values: { path: 'seal.key', reason: "ENOENT: no such file or directory, open 'seal.key'" },
  },
  SEAL_KEY_WEAK: {
    exits: [2],
    meaning: 'A passphrase or key file is empty or too short to protect anything.',
    remedy: 'Make a good key with openssl rand -base64 32.',
    example: 'the passphrase is empty',
  },
  SEAL_KEY_WRONG: {
    exits: [1],
    meaning: 'The passphrase or key file does not open the sealed file.',
    remedy: 'Use the passphrase or the key file with which the file was sealed.',
    example: 'the passphrase does not open backup.sealed',
  },
  SEAL_NEWER: {
    exits: [1],
    meaning: 'A newer version of swarmup wrote the sealed file.',
    remedy: 'Upgrade swarmup.',
    values: { path: 'hosts.sealed', version: ['2', '1'] },
  },
  SSHFS_MISSING: {
    exits: [1],
    meaning: 'mount needs sshfs, which is not installed on this computer.',
    remedy: `Install sshfs, or copy the files with ${command`scp -r agent1:/etc/app .`}.`,
  },
  SSH_CONFIG_MISSING: {
    exits: [3],
    meaning: 'A docker context that goes over ssh needs the hosts in ~/.ssh/config.',
    remedy: `Run ${command`ssh-config --install`}.`,
  },
  SSH_MISSING: {
    exits: [1],
    meaning: 'rsync found no ssh program on this computer.',
    remedy: 'Install an OpenSSH client, or leave out `--delta`.',
  },
  STORE_NEWER: {
    exits: [1],
    meaning: 'A machine was written by a newer docker-machine than the ones that are known.',
    remedy: `Adopt the host by its address with ${command`create agent1=ubuntu@10.0.0.5`}.`,
    values: { version: '4', newestVersion: '3' },
  },
  STORE_NOT_FOUND: {
    exits: [2],
    meaning: 'There is no store of docker-machine in the folder.',
    remedy: 'Give the folder with `--from`.',
    values: {
      path: '/home/me/.docker/machine',
      reason: "ENOENT: no such file or directory, scandir '/home/me/.docker/machine/machines'",
    },
  },
  STORE_NOT_PRIVATE: {
    exits: [2],
    meaning: 'The folder of the store belongs to another user, or other users may write to it.',
    remedy: 'Use a folder of your own, or check the content and take the right to write away from others.',
    example: 'other users may write to /home/me/.local/share/swarmup',
  },
  STORE_READ_FAILED: {
    exits: [1],
    meaning: 'A file in the store cannot be read.',
    remedy: 'Make the folder yours, or set SWARMUP_HOME to another one.',
    values: { path: '/home/me/.local/share/swarmup/swarms', reason: 'EACCES: permission denied' },
  },
  STORE_WRITE_FAILED: {
    exits: [1],
    meaning: 'A file in the store cannot be written, for example because the disk is full or the folder is not yours.',
    remedy: 'Remove the cause that the message names, then run the same command again.',
    values: {
      path: '/home/me/.local/share/swarmup/swarms/default/hosts/agent1/machine.json',
      cause: 'the disk is full',
    },
  },
  SWARM_CONFLICT: {
    exits: [1],
    meaning: 'A host that is imported belongs to a different swarm with the same name as one on record here.',
    remedy: 'Import the host into another store: set SWARMUP_HOME.',
    values: { name: ['agent1', 'default'] },
  },
  'SYSTEM_*': {
    exits: [1],
    meaning:
      "The operating system refused access to a file or ran out of something; the end of the code is the system's own name for it, as in SYSTEM_ENOSPC.",
    remedy: 'Follow the hint: free some space, check the owner of the file, or raise the limit.',
    example: 'no space left on the disk: ENOSPC: no space left on device, write',
  },
} satisfies ErrorArea;
