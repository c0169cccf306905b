#!/bin/sh
# Makes the file system of a container image boot like a small host: fast, quiet, and different from its siblings.
set -eu

# Every host gets its own: the host key from swarmup, the machine id from the entrypoint.
rm -f /etc/ssh/ssh_host_*
: > /etc/machine-id

# Units that manage hardware, consoles, clocks and mounts which a container does not have, or that only slow the boot.
for unit in \
  systemd-udevd.service systemd-udevd-kernel.socket systemd-udevd-control.socket systemd-udev-trigger.service \
  systemd-modules-load.service kmod-static-nodes.service modprobe@.service systemd-remount-fs.service \
  sys-kernel-config.mount sys-kernel-debug.mount sys-kernel-tracing.mount sys-fs-fuse-connections.mount \
  dev-hugepages.mount dev-mqueue.mount proc-sys-fs-binfmt_misc.automount systemd-binfmt.service \
  getty.target console-getty.service getty-static.service systemd-ask-password-console.path \
  systemd-ask-password-wall.path systemd-logind.service systemd-user-sessions.service systemd-update-utmp.service \
  systemd-update-utmp-runlevel.service systemd-initctl.socket systemd-sysusers.service systemd-firstboot.service \
  systemd-machine-id-commit.service systemd-repart.service systemd-tmpfiles-setup-dev.service \
  systemd-journal-flush.service systemd-journald-audit.socket systemd-random-seed.service systemd-sysctl.service \
  systemd-pcrphase.service systemd-pcrphase-sysinit.service systemd-pstore.service systemd-timesyncd.service \
  systemd-resolved.service systemd-networkd.service rsyslog.service cryptsetup.target integritysetup.target \
  veritysetup.target apt-daily.timer apt-daily-upgrade.timer dpkg-db-backup.timer e2scrub_all.timer \
  e2scrub_reap.service fstrim.timer; do
  ln -sf /dev/null "/etc/systemd/system/$unit"
done
ln -sf /lib/systemd/system/multi-user.target /etc/systemd/system/default.target
# Written at boot to keep users out until systemd-user-sessions removes it, which is masked above.
mkdir -p /etc/tmpfiles.d
ln -sf /dev/null /etc/tmpfiles.d/systemd-nologin.conf

mkdir -p /etc/systemd/journald.conf.d /etc/systemd/system.conf.d /etc/systemd/system/ssh.service.d /etc/ssh/sshd_config.d
cat > /etc/systemd/journald.conf.d/swarmup.conf << 'END'
[Journal]
Storage=volatile
RuntimeMaxUse=16M
END
cat > /etc/systemd/system.conf.d/swarmup.conf << 'END'
[Manager]
DefaultTimeoutStartSec=60s
DefaultTimeoutStopSec=15s
END
# The configuration is known to be good; checking it again costs a twentieth of a second per boot.
cat > /etc/systemd/system/ssh.service.d/swarmup.conf << 'END'
[Service]
ExecStartPre=
END
# swarmup multiplexes everything over one connection, and many helpers may connect at once.
cat > /etc/ssh/sshd_config.d/swarmup.conf << 'END'
PermitRootLogin prohibit-password
PasswordAuthentication no
HostKey /etc/ssh/ssh_host_ed25519_key
MaxSessions 100
MaxStartups 100:30:200
UseDNS no
PrintMotd no
X11Forwarding no
MACs -*sha1*
END
