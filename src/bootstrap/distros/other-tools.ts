import { quoteWord } from '../../lib/quote.js';
import type { RemoteScript } from '../remote-script.js';
import type { PackageFailure, PackageTool } from './package-tool.js';

/** The differences between these tools: commands, and the words of their errors. */
interface ToolData {
  /** Shell functions: `refresh`, `list NAME…` and `installed NAME…` (print `name|version`), `add NAME…`. */
  readonly functions: string;
  readonly at: PackageTool['at'];
  readonly locked: RegExp;
  readonly stale: RegExp;
  readonly download: RegExp;
  /** The line of its output that says what is wrong. */
  readonly error: RegExp;
  readonly look: string;
  /** File that adds Docker's own repository. */
  readonly dockerRepository?: string;
}

const fold = `
offer() { list "$@" 2>/dev/null | sed '/|/!d' | sed 's/$/|Packages/'; }
`;

function tool(data: ToolData): PackageTool {
  const script = (title: string, body: string): RemoteScript => ({ title, body: `${data.functions}${fold}${body}` });
  const words = (names: readonly string[]): string => names.map(quoteWord).join(' ');
  return {
    offers: (packages, refresh, what) =>
      script(
        `search the package lists for ${what}`,
        `
status=0
${refresh === 'always' ? '' : `[ -n "$(offer ${words(packages)})" ] ||`} refresh 2>&1 || status=$?
echo swarmup-offers
offer ${words(packages)}
exit $status
`,
      ),
    install: (packages, what) => script(`install ${what}`, `add ${words(packages)} 2>&1`),
    installed: (packages) =>
      script(
        'find the package that contains Docker',
        `echo swarmup-installed\ninstalled ${words(packages)} 2>/dev/null | sed '/|/!d'`,
      ),
    isOrdered: false,
    needed: () => ['ca-certificates'],
    at: data.at,
    addDockerRepository: (distro) =>
      data.dockerRepository === undefined || distro.dockerRepository === undefined
        ? undefined
        : script(
            "add Docker's own package repository",
            addRepository(data.dockerRepository, distro.dockerRepository.folder),
          ),
    removeDockerRepository: {
      title: "remove Docker's own package repository",
      body: data.dockerRepository === undefined ? ':' : `rm -f ${data.dockerRepository}`,
    },
    repair: { title: 'finish an interrupted package installation', body: ':' },
    classify: (output): PackageFailure => {
      if (data.locked.test(output)) return 'locked';
      if (data.stale.test(output)) return 'stale-lists';
      return data.download.test(output) ? 'download' : 'other';
    },
    errorIn: (output) => {
      const lines = output
        .split('\n')
        .map((line) => line.trim())
        .filter(Boolean);
      return lines.find((line) => data.error.test(line)) ?? `the program ended after '${lines.at(-1) ?? ''}'`;
    },
    lockHolder: (output) => /\b(?:pid|process) (\d+(?: \([^)]*\))?)/i.exec(output)?.[1]?.replace(/^/, 'process '),
    progress: (line) =>
      /^\s*(Installing|Downloading|\(\d+\/\d+\))/i.test(line) ? line.trim().slice(0, 60) : undefined,
    look: data.look,
  };
}

const addRepository = (file: string, folder: string): string => `
new=${file}.new
said=$(curl -fsSL --retry 2 --max-time 60 https://download.docker.com/linux/${folder}/docker-ce.repo -o "$new" 2>&1) ||
  { rm -f "$new"; echo "Error: download.docker.com: $said"; exit 1; }
chmod 644 "$new" && mv -f "$new" ${file} || exit
refresh 2>&1
status=$?
echo swarmup-offers
offer docker-ce
exit $status
`;

/** Fedora, RHEL and their derivatives; dnf 4 and dnf 5 alike. It waits for its lock by itself. */
export const dnf = tool({
  functions: `
refresh() { dnf -q -y makecache; }
list() { dnf -q repoquery --qf '%{name}|%{evr}\\n' "$@"; }
installed() { rpm -q --qf '%{NAME}|%{EVR}\\n' "$@"; }
add() { dnf -y --setopt=install_weak_deps=False install "$@"; }
`,
  at: (name, version) => `${name}-${version}`,
  locked: /^Failed to obtain .*lock/im,
  stale: /Failed to download metadata|Status code: 404|Cannot download repomd/i,
  download: /Could not resolve host|Curl error|Timeout was reached|No more mirrors/i,
  error: /^(Error|Failed|No match)/i,
  look: 'dnf makecache',
  dockerRepository: '/etc/yum.repos.d/swarmup-docker.repo',
});

/** openSUSE and SLES. */
export const zypper = tool({
  functions: `
ZYPP_LOCK_TIMEOUT=300; export ZYPP_LOCK_TIMEOUT
refresh() { zypper -n -q refresh; }
list() { zypper -n -q --no-refresh search -s --match-exact -t package "$@" | awk -F'|' 'NF > 4 && $2 !~ /^ *Name *$/ { gsub(/ /, ""); print $2 "|" $4 }'; }
installed() { rpm -q --qf '%{NAME}|%{EVR}\\n' "$@"; }
add() { zypper -n install --no-recommends "$@"; }
`,
  at: (name, version) => `${name}=${version}`,
  locked: /System management is locked/,
  stale: /File '.*' not found on medium|Valid metadata not found/,
  download: /Could(n't| not) resolve host|Download \(curl\) error|Timeout (was reached|exceeded)/i,
  error: /not found|locked|error|nothing provides/i,
  look: 'zypper refresh',
});

/** Arch Linux, which offers its newest version only. */
export const pacman = tool({
  functions: `
refresh() { pacman -Sy --noconfirm; }
list() { pacman -Si "$@" | awk -F' *: ' '$1 == "Name" { name = $2 } $1 == "Version" { print name "|" $2 }'; }
installed() { pacman -Q "$@" | sed 's/ /|/'; }
add() { pacman -S --noconfirm --needed "$@"; }
`,
  at: (name) => name,
  locked: /unable to lock database/,
  stale: /\b404\b|failed retrieving file|target not found|database .* (is not valid|not found)/i,
  download: /Could not resolve host|Operation too slow|Connection timed out/i,
  error: /^error:/,
  look: 'pacman -Sy',
});

/** Alpine. */
export const apk = tool({
  functions: `
refresh() { apk update --wait 300; }
list() { for name in "$@"; do apk search -e "$name" | sed -n "s/^$name-\\([0-9].*\\)\\$/$name|\\1/p"; done; }
installed() { for name in "$@"; do apk info -e -v "$name" | sed -n "s/^$name-\\([0-9].*\\)\\$/$name|\\1/p"; done; }
add() { apk add --wait 300 "$@"; }
`,
  at: (name, version) => `${name}=${version}`,
  locked: /Unable to lock database/,
  stale: /package mentioned in index not found|UNTRUSTED|BAD signature/i,
  download: /temporary error|network error|DNS lookup error|could not connect/i,
  error: /^ERROR|unable to|no such package/i,
  look: 'apk update',
});
