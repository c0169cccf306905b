/** Where the configuration of the engine is kept on a host. */
export const enginePaths = {
  daemonJson: '/etc/docker/daemon.json',
  /** daemon.json as it was before swarmup changed it for the first time. */
  daemonJsonBackup: '/etc/docker/daemon.json.before-swarmup',
  tlsFolder: '/etc/docker/tls',
  dropIn: '/etc/systemd/system/docker.service.d/90-swarmup.conf',
  /** Is there while files were changed and the engine was not restarted yet; gone after a reboot, rightly so. */
  restartPending: '/run/swarmup-docker-restart-pending',
  socket: '/var/run/docker.sock',
} as const;

export type EnginePaths = Readonly<Record<keyof typeof enginePaths, string>>;
