import type { HostFacts } from './host-facts.js';

/** The init system that starts the engine of a host at boot, as shell functions; a new one is an entry here. */
export interface ServiceManager {
  /**
   * `service_enable` (at boot), `service_is_active`, `service_restart` (reads the settings again), `service_reload`
   * (daemon.json only), `service_log` (the end of its log).
   */
  readonly functions: string;
  /** For a user who wants to read on. */
  readonly logCommand: string;
}

/** The init systems with which swarmup can configure Docker, by `HostFacts.init`. */
export const serviceManagers: Readonly<Record<Exclude<HostFacts['init'], 'none'>, ServiceManager>> = {
  systemd: {
    logCommand: 'journalctl -u docker',
    functions: `
service_enable() {
  # systemd would read all units anew four times: once per unit, and by way of update-rc.d for Debian's old init script
  for unit in docker.socket docker.service; do
    [ "$(systemctl is-enabled "$unit" 2>/dev/null)" != disabled ] ||
      SYSTEMCTL_SKIP_SYSV=1 systemctl --no-reload --quiet enable "$unit" || die "cannot enable $unit"
  done
}
service_is_active() { systemctl is-active --quiet docker.service; }
service_restart() {
  systemctl daemon-reload || die 'systemctl daemon-reload failed'
  # else the start limit of earlier failures refuses this one
  systemctl reset-failed docker.service docker.socket 2>/dev/null
  timeout 90 systemctl restart docker.service 2>/dev/null || failed "systemctl restart docker ended with status $?"
}
service_reload() { systemctl reload docker.service 2>/dev/null; }
service_log() { journalctl -u docker.service -n 100 --no-pager -o cat 2>/dev/null; }
`,
  },
  openrc: {
    logCommand: 'tail -n 100 /var/log/docker.log',
    functions: `
service_enable() {
  rc-update show default 2>/dev/null | grep -q '^ *docker ' || rc-update -q add docker default || die 'cannot enable docker'
}
service_is_active() { rc-service -q docker status >/dev/null 2>&1; }
service_restart() {
  timeout 90 rc-service -q docker restart >/dev/null 2>&1 || failed "rc-service docker restart ended with status $?"
}
service_reload() { kill -HUP "$(cat /var/run/docker.pid)" 2>/dev/null; }
service_log() { tail -n 100 /var/log/docker.log 2>/dev/null; }
`,
  },
};
