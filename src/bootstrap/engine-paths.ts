/** Where the configuration of the engine is kept on a host. */
export const enginePaths = {
  daemonJson: '/etc/docker/daemon.json',
  /** daemon.json as it was before swarmup changed it for the first time. */
  daemonJsonBackup: '/etc/docker/daemon.json.before-swarmup',
  /** daemon.json while a restart under live-restore is under way; an interrupted run leaves it. */
  daemonJsonHeld: '/etc/docker/daemon.json.held-by-swarmup',
  /** Ours alone: what the user keeps under /etc/docker stays as it is. */
  tlsFolder: '/etc/docker/swarmup',
  dropIn: '/etc/systemd/system/docker.service.d/90-swarmup.conf',
  /** Environment of dockerd: proxies and other variables of the user. Mode 0600. */
  env: '/etc/docker/swarmup.env',
  /** OpenRC: the user's settings of the service, with ours in a block of their own. */
  serviceSettings: '/etc/conf.d/docker',
  /** Is there while files were changed and the engine was not restarted yet; gone after a reboot, rightly so. */
  restartPending: '/run/swarmup-docker-restart-pending',
  socket: '/var/run/docker.sock',
} as const;

export type EnginePaths = Readonly<Record<keyof typeof enginePaths, string>>;
