interface CommandGroup {
  /** What a person wants to do. */
  readonly title: string;
  /** Commands and topics, the first ones first. */
  readonly words: readonly string[];
}

/** The commands as `swarmup --help` shows them. Commands of drivers are in a group of their own. */
export const commandGroups: readonly CommandGroup[] = [
  {
    title: 'MAKE HOSTS AND SWARMS',
    words: [
      'create',
      'ls',
      'start',
      'stop',
      'restart',
      'kill',
      'rm',
      'snapshot',
      'upgrade',
      'export',
      'import',
      'orphans',
      'adopt',
    ],
  },
  {
    title: 'WORK ON HOSTS',
    words: [
      ...['env', 'ssh', 'exec', 'cp', 'scp', 'mount', 'forward', 'logs', 'events', 'status', 'inspect', 'ip', 'url'],
      ...['version', 'active'],
    ],
  },
  {
    title: 'LOOK AFTER A SWARM',
    words: ['swarm', 'node', 'network', 'doctor', 'agent', 'replicas', 'rebalance', 'regenerate-certs'],
  },
  { title: 'RUN SERVICES', words: ['service', 'stack'] },
  {
    title: 'LABS: HOSTS AND SERVICES IN A FILE',
    words: ['init', 'plan', 'up', 'provision', 'reload', 'drill', 'down', 'destroy'],
  },
  {
    title: 'SET UP THIS COMPUTER',
    words: ['config', 'context', 'ssh-config', 'completion', 'driver', 'image'],
  },
];

/** The names that other tools give to commands, and the commands of swarmup. */
export const synonyms: Readonly<Record<string, string>> = {
  add: 'create',
  attach: 'ssh',
  connect: 'ssh',
  delete: 'rm',
  deploy: 'stack deploy',
  halt: 'down',
  health: 'swarm status',
  info: 'status',
  install: 'create',
  list: 'ls',
  new: 'create',
  nodes: 'node ls',
  poweroff: 'stop',
  ps: 'ls',
  reboot: 'restart',
  remove: 'rm',
  run: 'exec',
  services: 'service ls',
  shell: 'ssh',
  show: 'inspect',
  stacks: 'stack ls',
  suspend: 'stop',
  unlock: 'swarm unlock',
  update: 'upgrade',
};
