import { quoteWord } from '../lib/quote.js';
import type { RemoteScript } from './remote-script.js';

/** Where an engine keeps its swarm, where it says nothing else (DockerRootDir). */
export const defaultDataRoot = '/var/lib/docker';
/** Copies of a swarm's state on its host: readable for root only. */
const copyFolder = '/var/lib/swarmup/swarm-state';

const tailBlocks = 512;

/**
 * Prints what a manager's raft log looks like: `raft=no` without one, else a line `segment=<name> <cut> <base64>` for
 * the last two segments: of each the last 2 MiB in use. Changes nothing.
 */
export const raftLogScript = (dataRoot: string): RemoteScript => ({
  title: 'inspect the Raft log',
  body: `
cd ${quoteWord(`${dataRoot}/swarm/raft/wal-v3-encrypted`)} 2>/dev/null || { echo raft=no; exit 0; }
# Blocks of 4 KiB in use: a segment is made full of zeros and filled from its beginning.
used() {
  low=0
  high=$(( ($(stat -c %s "$1") + 4095) / 4096 ))
  while [ $low -lt $high ]; do
    middle=$(( (low + high) / 2 ))
    if [ "$(dd if="$1" bs=4096 skip=$middle count=1 2>/dev/null | tr -d '\\000' | wc -c)" -gt 0 ]; then low=$((middle + 1)); else high=$middle; fi
  done
  echo $low
}
found=no
for name in $(ls | grep '\\.wal$' | sort | tail -n 2); do
  found=yes
  end=$(used "$name")
  start=0
  cut=no
  if [ "$end" -gt ${tailBlocks} ]; then start=$((end - ${tailBlocks})); cut=yes; fi
  printf 'segment=%s %s ' "$name" $cut
  dd if="$name" bs=4096 skip=$start count=$((end - start)) 2>/dev/null | base64 -w 0
  echo
done
echo raft=$found
`,
});

/**
 * Copies a manager's swarm state into one archive on its host, while the engine runs. The engine only appends to the
 * log, in order, and readers use only complete entries: a copy equals the log after a power cut at that moment. Other
 * files are replaced as a whole; the copy is repeated if one of them changed meanwhile. Task bookkeeping (worker/) is
 * left out: a node gets it from its managers. Prints `path=`, `bytes=`, `sha256=`.
 */
export const copyStateScript = (dataRoot: string, name: string): RemoteScript => ({
  title: 'copy the swarm state',
  body: `
umask 077
mkdir -p ${quoteWord(copyFolder)} && chmod 700 ${quoteWord(copyFolder)} || exit
out=${quoteWord(`${copyFolder}/${name}.tar.gz`)}
cd ${quoteWord(`${dataRoot}/swarm`)} || exit
[ -n "$(ls docker-state.json* 2>/dev/null)" ] && [ -d raft ] && [ -d certificates ] ||
  { echo 'there is no swarm state of a manager' >&2; exit 1; }
marks() { find . -path ./worker -prune -o -type f ! -name '*.wal' ! -name '*.tmp' -exec stat -c '%n %i %s %Y' {} + | sort; ls raft/wal-v3-encrypted | grep '\\.wal$'; }
for try in 1 2 3 4 5 6 7 8 9 10; do
  before=$(marks)
  tar -cf - --exclude=./worker --exclude='*.tmp' . 2>/dev/null | gzip -1 >"$out.new"
  if [ "$before" = "$(marks)" ] && gzip -t "$out.new"; then
    mv -f "$out.new" "$out" || exit
    echo "path=$out"
    echo "bytes=$(stat -c %s "$out")"
    echo "sha256=$(sha256sum "$out" | cut -d ' ' -f 1)"
    exit 0
  fi
  sleep 0.2
done
rm -f "$out.new"
echo 'the swarm state changes too fast to be copied' >&2
exit 1
`,
});

/** Prints the node's private key file, which contains the key of the Raft log. Its output is a secret. */
export const readNodeKeyScript = (dataRoot: string): RemoteScript => ({
  title: "read the node's key",
  body: `cat ${quoteWord(`${dataRoot}/swarm/certificates/swarm-node.key`)}`,
});

export const startEngineScript: RemoteScript = {
  title: 'start Docker Engine',
  body: 'systemctl reset-failed docker.service 2>/dev/null; systemctl start docker.service',
};

/** What makes an engine start as a node; and where it is kept while the engine starts as none. */
const nodeState = (dataRoot: string): readonly [string, string] => {
  const file = `${dataRoot}/swarm/docker-state.json`;
  return [quoteWord(file), quoteWord(`${file}.before-recover`)];
};

/**
 * Starts the engine outside the swarm, with the complete state of the node in place: an engine that failed to start as
 * a node refuses to make a cluster from that state.
 */
export const startAsNoNodeScript = (dataRoot: string): RemoteScript => {
  const [state, kept] = nodeState(dataRoot);
  return {
    title: 'start Docker Engine outside the swarm',
    body: `
[ -e ${state} ] || exit 0
systemctl stop docker.socket docker.service 2>/dev/null
mv -f ${state} ${kept} || exit
${startEngineScript.body}`,
  };
};

/** Prints the engine's docker-state.json: addresses, no secrets. */
export const nodeAddressesScript = (dataRoot: string): RemoteScript => {
  const [state, kept] = nodeState(dataRoot);
  return { title: "read the node's addresses", body: `cat ${state} 2>/dev/null || cat ${kept}` };
};

/** Prints the certificate of a node, PEM; prints nothing if the node has none. */
export const nodeCertificateScript = (dataRoot: string): RemoteScript => ({
  title: 'read the certificate of the node',
  body: `cat ${quoteWord(`${dataRoot}/swarm/certificates/swarm-node.crt`)} 2>/dev/null || true`,
});
