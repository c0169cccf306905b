import { quoteWord } from '../../lib/quote.js';
import type { RemoteScript } from '../remote-script.js';
import type { Distro } from './distro.js';

/** Without questions, without restarting the user's services, and patient with other package managers' locks. */
const aptGet = `apt_get() {
  DEBIAN_FRONTEND=noninteractive NEEDRESTART_SUSPEND=1 apt-get -q -y -o Dpkg::Use-Pty=0 -o Acquire::Retries=2 \\
    -o DPkg::Lock::Timeout=300 -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold "$@" 2>&1
}`;

/** Prints what apt offers as `apt-cache madison` does. `refresh`: always, or when the lists are missing or a day old. */
export function offersScript(
  packages: readonly string[],
  refresh: 'always' | 'when-old',
  what = 'Docker',
): RemoteScript {
  const names = packages.map(quoteWord).join(' ');
  // The lists carry the mirror's times; the folder of partial downloads is touched by each update.
  const fresh = `[ -n "$(find /var/lib/apt/lists/partial -maxdepth 0 -mmin -1440 2>/dev/null)" ] &&
  [ -n "$(apt-cache madison ${names} 2>/dev/null)" ] ||`;
  return {
    title: `search the package lists for ${what}`,
    body: `
${aptGet}
status=0
${refresh === 'always' ? '' : fresh} apt_get update || status=$?
echo swarmup-offers
apt-cache madison ${names}
exit $status
`,
  };
}

/** See `PackageTool.installed`. */
export const installedScript = (packages: readonly string[]): RemoteScript => ({
  title: 'find the package that contains Docker',
  body: `
echo swarmup-installed
for name in ${packages.map(quoteWord).join(' ')}; do
  version=$(dpkg-query -W -f '\${db:Status-Status} \${Version}' "$name" 2>/dev/null | sed -n 's/^installed //p')
  [ -z "$version" ] || echo "$name|$version|$(apt-cache policy "$name" | sed -n 's/^ *Candidate: *//p')"
done
`,
});

/** Adds Docker's own repository (key and list), reads it, and prints the versions that it offers. */
export function dockerRepositoryScript(distro: Distro, suite: string): RemoteScript {
  const url = `https://download.docker.com/linux/${distro.dockerRepository?.folder ?? 'debian'}`;
  return {
    title: "add Docker's own package repository",
    body: `
${aptGet}
have curl || have wget || apt_get install --no-install-recommends curl ca-certificates || exit
[ -d /etc/ssl/certs ] || apt_get install --no-install-recommends ca-certificates || exit
mkdir -p /etc/apt/keyrings
new=/etc/apt/keyrings/swarmup-docker.asc.new
if have curl; then said=$(curl -fsSL --retry 2 --max-time 60 ${url}/gpg -o "$new" 2>&1)
else said=$(wget -nv -T 30 -t 3 ${url}/gpg -O "$new" 2>&1); fi || { rm -f "$new"; echo "E: ${url}/gpg: $said"; exit 1; }
chmod 644 "$new" && mv -f "$new" /etc/apt/keyrings/swarmup-docker.asc || exit
echo "deb [arch=$(dpkg --print-architecture) signed-by=/etc/apt/keyrings/swarmup-docker.asc] ${url} ${quoteWord(suite)} stable" \\
  >/etc/apt/sources.list.d/swarmup-docker.list || exit
apt_get update -o Dir::Etc::sourcelist=sources.list.d/swarmup-docker.list -o Dir::Etc::sourceparts=- -o APT::Get::List-Cleanup=0
status=$?
echo swarmup-offers
apt-cache madison docker-ce
exit $status
`,
  };
}

/** Removes Docker's repository again, because it did not have the wanted version. */
export const removeDockerRepositoryScript: RemoteScript = {
  title: "remove Docker's own package repository",
  body: 'rm -f /etc/apt/sources.list.d/swarmup-docker.list /etc/apt/keyrings/swarmup-docker.asc',
};

/** Finishes the work of an interrupted dpkg. */
export const repairScript: RemoteScript = {
  title: 'finish an interrupted package installation',
  body: 'DEBIAN_FRONTEND=noninteractive dpkg --force-confdef --force-confold --configure -a 2>&1',
};

/** Installs packages without the packages that they only recommend. */
export function packagesScript(packages: readonly string[], what: string): RemoteScript {
  return {
    title: `install ${what}`,
    body: `${aptGet}\napt_get install --no-install-recommends ${packages.map(quoteWord).join(' ')}`,
  };
}
