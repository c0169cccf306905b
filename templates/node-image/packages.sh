#!/bin/sh
# Installs the packages named, starts none of their services, leaves no package lists behind.
set -eu
export DEBIAN_FRONTEND=noninteractive
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 755 /usr/sbin/policy-rc.d
apt-get update -q
apt-get install -q -y --no-install-recommends "$@"
apt-get clean
rm -rf /var/lib/apt/lists/*
# Left in place (Debian's images bring one) it would keep what is installed over ssh from starting.
rm -f /usr/sbin/policy-rc.d
