#!/bin/sh
# First process of a host: undoes what a container runtime makes read-only or shared, then becomes systemd.
# The same idea as the entrypoint of kind's node image.
set -eu

mount -o remount,rw /sys

if grep -q '^[1-9]' /proc/self/cgroup; then
  # cgroup v1, or the hybrid of both: mount the controllers anew. In our own cgroup namespace they show our subtree.
  umount -R /sys/fs/cgroup 2>/dev/null || umount -l /sys/fs/cgroup || true
  mount -t tmpfs -o mode=755,nosuid,nodev,noexec tmpfs /sys/fs/cgroup
  while IFS=: read -r _ controllers _; do
    case $controllers in '' | name=*) continue ;; esac
    mkdir -p "/sys/fs/cgroup/$controllers"
    mount -t cgroup -o "nosuid,nodev,noexec,$controllers" cgroup "/sys/fs/cgroup/$controllers"
    for controller in $(echo "$controllers" | tr , ' '); do
      [ "$controller" = "$controllers" ] || ln -s "$controllers" "/sys/fs/cgroup/$controller"
    done
  done < /proc/self/cgroup
  mkdir -p /sys/fs/cgroup/systemd
  mount -t cgroup -o nosuid,nodev,noexec,none,name=systemd,xattr cgroup /sys/fs/cgroup/systemd 2> /dev/null ||
    mount -t cgroup -o nosuid,nodev,noexec,none,name=systemd cgroup /sys/fs/cgroup/systemd
elif ! mount -o remount,bind,rw /sys/fs/cgroup; then
  # cgroup v2 alone, and its mount cannot be made writable as it is.
  umount -l /sys/fs/cgroup
  mount -t cgroup2 -o nosuid,nodev,noexec cgroup2 /sys/fs/cgroup
fi

# Mounts propagate as on any machine that systemd booted; containers of this host rely on it.
mount --make-rshared /

[ -s /etc/machine-id ] || tr -d - < /proc/sys/kernel/random/uuid > /etc/machine-id

exec /sbin/init
