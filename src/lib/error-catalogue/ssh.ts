import { command, type ErrorArea } from './error-entry.js';

export const sshErrors = {
  FACTS_UNREADABLE: {
    exits: [1],
    meaning: 'swarmup cannot read the facts that the host reports.',
    remedy: `Log in with ${command`ssh agent1`} and inspect the host.`,
    values: { message: "the host has no command 'ip' (package iproute2), or no address" },
  },
  HOST_KEY_INVALID: {
    exits: [1, 2],
    meaning: 'The file with host keys has no usable key of the host.',
    remedy: 'Use lines as in known_hosts, or the public key itself.',
    values: { path: 'agent1.pub', where: '10.0.0.5:22' },
  },
  HOST_KEY_MISMATCH: {
    exits: [1],
    meaning: 'The key of the host differs from the pinned key: it is another host, or its key was changed.',
    remedy: 'Find out why before you continue; never ignore this error.',
    example:
      'the host key of agent1 (10.0.0.2:22) is not the pinned one: expected ssh-ed25519 SHA256:…, got ssh-ed25519 SHA256:…',
  },
  HOST_KEY_REVOKED: {
    exits: [3],
    meaning: 'The key of the host is marked as revoked in known_hosts.',
    remedy: 'Do not connect until the key of the host has been replaced.',
    values: {
      where: '10.0.0.5:22',
      type: 'ssh-ed25519',
      fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BrrQXVUpKZIDTMczCvj3tD2s',
      source: 'known_hosts',
    },
  },
  HOST_KEY_UNKNOWN: {
    exits: [3],
    meaning: 'The key of the host is not known, so swarmup cannot tell whether it is the right host.',
    remedy: 'Check the fingerprint in another way, then add `--accept-new-host-key` or `--host-key FILE`.',
    example: 'the host key of web (10.0.0.2) is not known: it shows ssh-ed25519 SHA256:…',
  },
  HOST_KEY_UNREADABLE: {
    exits: [2],
    meaning: 'The file with host keys cannot be read.',
    remedy: 'Check the path and the permissions of the file.',
    values: { path: 'agent1.pub', reason: "ENOENT: no such file or directory, open 'agent1.pub'" },
  },
  KNOWN_HOSTS_UNREADABLE: {
    exits: [1],
    meaning: 'A known_hosts file exists, but cannot be read.',
    remedy: 'Change the permissions of the file so that you can read it.',
    values: {
      path: '/home/me/.ssh/known_hosts',
      reason: "EACCES: permission denied, open '/home/me/.ssh/known_hosts'",
    },
  },
  NOT_ROOT: {
    exits: [3],
    meaning: 'The login is not root and cannot become root.',
    remedy: 'Log in as root, or as a user who can become root with sudo.',
    values: { uid: '1000' },
  },
  PROXY_LOOP: {
    exits: [2],
    meaning: 'The ProxyJump entries in ~/.ssh/config lead back to themselves.',
    remedy: 'Correct the entries; ssh -G HOST shows them.',
    values: { alias: 'bastion', jump: 'bastion' },
  },
  PROXY_UNSUPPORTED: {
    exits: [2],
    meaning: '~/.ssh/config gives the host a ProxyCommand, which swarmup does not run.',
    remedy: 'Use ProxyJump instead.',
    values: { alias: 'agent1' },
  },
  REMOTE_COMMAND_FAILED: {
    exits: [1],
    meaning: 'A command on the host ended with an error.',
    remedy: 'Read the last line in the message; `--debug` shows more.',
    example: 'agent1: restart Docker ended with exit code 1: Job for docker.service failed',
  },
  SESSION_REFUSED: {
    exits: [1],
    meaning: 'The host refuses another SSH session, usually because too many are open.',
    remedy: 'Set MaxSessions in its sshd_config to 10 or more.',
    values: { cause: 'open failed' },
  },
  SOCKET_UNREACHABLE: {
    exits: [1],
    meaning: 'A socket on the host, such as that of Docker, cannot be opened.',
    remedy: 'Check that the program that listens on the socket is running.',
    values: { target: '/var/run/docker.sock', error: 'Connection refused' },
  },
  SSH_CONFIG_INVALID: {
    exits: [1, 2],
    meaning: '~/.ssh/config contains something that swarmup cannot use.',
    remedy: 'ssh -G HOST shows how OpenSSH reads the file; correct the file.',
    values: { reason: "EACCES: permission denied, open '/home/me/.ssh/config'" },
  },
  SSH_KEY_INVALID: {
    exits: [1],
    meaning: 'The private key of the host is not an OpenSSH private key.',
    remedy: 'Restore the key from a backup, or use another key.',
  },
  SSH_KEY_MISSING: {
    exits: [2],
    meaning: 'The private key that was named cannot be read.',
    remedy: 'Check the path of the key.',
    values: { path: '/home/me/.ssh/id_rsa' },
  },
  SSH_LOST: {
    exits: [1],
    meaning: 'The SSH connection to the host ended while it was in use.',
    remedy: 'Run the same command again.',
  },
  SSH_REFUSED: {
    exits: [1],
    meaning: 'The host answered, but refused the user or the key.',
    remedy: 'Check the user, and that the authorized_keys of the user contains the public key.',
    values: { address: '10.0.0.5:22' },
  },
  SSH_UNREACHABLE: {
    exits: [1],
    meaning:
      'There is no SSH connection to the host: nothing answers at its address, or something on the way blocks it.',
    remedy: `Check with ${command`ls`} that the host is running, and that its address and port can be reached.`,
    values: { address: '10.0.0.5:22', reason: 'connection refused' },
  },
  SUDO_DENIED: {
    exits: [3],
    meaning: 'sudo does not let the user become root.',
    remedy: 'Allow the user in sudoers, or log in as root.',
    example: 'user dev of web cannot become root: dev is not in the sudoers file.',
  },
  SUDO_MISSING: {
    exits: [3],
    meaning: 'The user is not root, and the host has no sudo.',
    remedy: 'Install sudo on the host, or log in as root.',
  },
  SUDO_NEEDS_PASSWORD: {
    exits: [3],
    meaning: 'sudo asks for a password, but swarmup does not have one.',
    remedy: 'Run the command on a terminal, set SWARMUP_SUDO_PASSWORD, or allow sudo without a password.',
    example: 'user dev of web cannot become root: sudo: a password is required',
  },
  SUDO_WRONG_PASSWORD: {
    exits: [3],
    meaning: 'sudo refuses the password.',
    remedy: 'Check the password on the host with sudo -k true.',
  },
} satisfies ErrorArea;
