import { command, type ErrorArea } from './error-entry.js';

export const sshErrors = {
  FACTS_UNREADABLE: {
    exits: [1],
    meaning: 'What the host tells about itself makes no sense.',
    remedy: `Log in with ${command`ssh agent1`} and look at the host.`,
    values: { message: "it has no command 'ip' (package iproute2), or no address" },
  },
  HOST_KEY_INVALID: {
    exits: [1, 2],
    meaning: 'The file with host keys has no usable key of the host.',
    remedy: 'Give lines as in known_hosts, or the public key itself.',
    values: { path: 'agent1.pub', where: '10.0.0.5:22' },
  },
  HOST_KEY_MISMATCH: {
    exits: [1],
    meaning: 'The host showed another key than the pinned one: it is another host, or its key was changed.',
    remedy: 'Find out why before you go on; never ignore it.',
    example:
      'the host key of agent1 (10.0.0.2:22) is not the pinned one: expected ssh-ed25519 SHA256:…, got ssh-ed25519 SHA256:…',
  },
  HOST_KEY_REVOKED: {
    exits: [3],
    meaning: 'The key of the host is marked as revoked in known_hosts.',
    remedy: 'Do not connect before the key of the host was replaced.',
    values: {
      where: '10.0.0.5:22',
      type: 'ssh-ed25519',
      fingerprint: 'SHA256:uNiVztksCsDhcc0u9e8BrrQXVUpKZIDTMczCvj3tD2s',
      source: 'known_hosts',
    },
  },
  HOST_KEY_UNKNOWN: {
    exits: [3],
    meaning: 'The key of the host is not known, so nobody can tell whether it is the right host.',
    remedy: 'Check the fingerprint by another way, then pass `--accept-new-host-key` or `--host-key FILE`.',
    example: 'the host key of web (10.0.0.2) is not known: it shows ssh-ed25519 SHA256:…',
  },
  HOST_KEY_UNREADABLE: {
    exits: [2],
    meaning: 'The file with host keys cannot be read.',
    remedy: 'Check its path and who may read it.',
    values: { path: 'agent1.pub', reason: "ENOENT: no such file or directory, open 'agent1.pub'" },
  },
  KNOWN_HOSTS_UNREADABLE: {
    exits: [1],
    meaning: 'A known_hosts file exists, but cannot be read.',
    remedy: 'Make the file readable for you.',
    values: {
      path: '/home/me/.ssh/known_hosts',
      reason: "EACCES: permission denied, open '/home/me/.ssh/known_hosts'",
    },
  },
  NOT_ROOT: {
    exits: [3],
    meaning: 'The login is not root and cannot become root.',
    remedy: 'Log in as root, or as a user whom sudo lets become root.',
    values: { uid: '1000' },
  },
  PROXY_LOOP: {
    exits: [2],
    meaning: 'The ProxyJump entries in ~/.ssh/config lead in a circle.',
    remedy: 'Correct them; ssh -G HOST shows them.',
    values: { alias: 'bastion', jump: 'bastion' },
  },
  PROXY_UNSUPPORTED: {
    exits: [2],
    meaning: '~/.ssh/config gives the host a ProxyCommand, which swarmup does not run.',
    remedy: 'Say it as ProxyJump.',
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
    meaning: 'The host refuses another SSH session, mostly because too many are open.',
    remedy: 'Set MaxSessions in its sshd_config to 10 or more.',
    values: { cause: 'open failed' },
  },
  SOCKET_UNREACHABLE: {
    exits: [1],
    meaning: 'A socket on the host, such as that of Docker, cannot be opened.',
    remedy: 'Check that the program that listens on it runs.',
    values: { target: '/var/run/docker.sock', error: 'Connection refused' },
  },
  SSH_CONFIG_INVALID: {
    exits: [1, 2],
    meaning: '~/.ssh/config has something that cannot be used.',
    remedy: 'See what ssh thinks of it with ssh -G HOST, and correct the file.',
    values: { reason: "EACCES: permission denied, open '/home/me/.ssh/config'" },
  },
  SSH_KEY_INVALID: {
    exits: [1],
    meaning: 'The private key of the host is not an OpenSSH private key.',
    remedy: 'Restore the key from a backup, or give another one.',
  },
  SSH_KEY_MISSING: {
    exits: [2],
    meaning: 'The private key that was named cannot be read.',
    remedy: 'Check the path that was given.',
    values: { path: '/home/me/.ssh/id_rsa' },
  },
  SSH_LOST: {
    exits: [1],
    meaning: 'The SSH connection to the host ended while it was used.',
    remedy: 'Run the same command again.',
  },
  SSH_REFUSED: {
    exits: [1],
    meaning: 'The host answered, but refused the user or the key.',
    remedy: 'Check the user, and that its authorized_keys holds the public key of the host.',
    values: { address: '10.0.0.5:22' },
  },
  SSH_UNREACHABLE: {
    exits: [1],
    meaning:
      'There is no SSH connection to the host: nothing answers at its address, or something on the way blocks it.',
    remedy: `Check with ${command`ls`} that the host runs, and that its address and port can be reached.`,
    values: { address: '10.0.0.5:22', reason: 'connection refused' },
  },
  SUDO_DENIED: {
    exits: [3],
    meaning: 'sudo does not let the user become root.',
    remedy: 'Allow it in sudoers, or log in as root.',
    example: 'user dev of web cannot become root: dev is not in the sudoers file.',
  },
  SUDO_MISSING: {
    exits: [3],
    meaning: 'The user is not root, and the host has no sudo.',
    remedy: 'Install sudo on the host, or log in as root.',
  },
  SUDO_NEEDS_PASSWORD: {
    exits: [3],
    meaning: 'sudo asks for a password, and there is none.',
    remedy: 'Run the command on a terminal, set SWARMUP_SUDO_PASSWORD, or allow sudo without a password.',
    example: 'user dev of web cannot become root: sudo: a password is required',
  },
  SUDO_WRONG_PASSWORD: {
    exits: [3],
    meaning: 'sudo refuses the password.',
    remedy: 'Check the password on the host with sudo -k true.',
  },
} satisfies ErrorArea;
