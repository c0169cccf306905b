import { quoteWord } from '../lib/quote.js';
import { hereDocument, type RemoteScript } from './remote-script.js';

const rule = 'swarmup-restore';

/**
 * Cuts the host off from other swarm nodes (2377, 7946), or lets it talk to them again. A restored manager believes
 * that its former peers are still its peers: where they live, it must not reach them before it is the only one.
 */
const cutOff = `
cut_off() {
  for tables in iptables ip6tables; do
    have $tables || continue
    for chain in INPUT OUTPUT; do
      outside='! -i lo'
      [ $chain = INPUT ] || outside='! -o lo'
      for service in 'tcp --dport 2377' 'tcp --dport 7946' 'udp --dport 7946'; do
        $tables -w 10 -I $chain 1 -p $service $outside -m comment --comment ${rule} -j DROP 2>/dev/null ||
          [ $tables = ip6tables ] || return 1
      done
    done
  done
}
let_in() {
  for tables in iptables ip6tables; do
    have $tables || continue
    $tables -w 10 -S | grep ${rule} | sed 's/^-A/-D/' | while read -r line; do $tables -w 10 $line; done
  done
}
`;

interface PlacedState {
  readonly dataRoot: string;
  /** The archive on the host; it is removed. */
  readonly archive: string;
  /** docker-state.json with the new addresses. */
  readonly dockerState: string;
  /** Goes into the name of the folder to which a state that is there is moved. */
  readonly stamp: string;
}

/**
 * Puts a manager's state in place and starts the engine, cut off from all other nodes. A state that is there is moved
 * aside; prints `before=` with where to. When anything fails everything is as it was before.
 */
export const placeStateScript = ({ dataRoot, archive, dockerState, stamp }: PlacedState): RemoteScript => ({
  title: 'put the swarm state in place',
  body: `
umask 077
${cutOff}
swarm=${quoteWord(`${dataRoot}/swarm`)}
before=$swarm.before-restore-${stamp}
new=$swarm.restored
fail() { echo "$1" >&2; rm -rf "$new" ${quoteWord(archive)}; exit 1; }
have iptables || fail 'there is no iptables: a restored manager could not be kept away from its former peers'
rm -rf "$new" && mkdir -p "$new" || fail 'there is no place for the state'
tar -xzf ${quoteWord(archive)} -C "$new" --no-same-owner || fail 'the archive cannot be unpacked'
rm -rf "$new/worker" "$new/state.json"
cat >"$new/docker-state.json" ${hereDocument(dockerState)}
systemctl stop docker.socket docker.service 2>/dev/null
systemctl is-active --quiet docker.service && fail 'Docker Engine does not stop'
let_in
undo() {
  systemctl stop docker.socket docker.service 2>/dev/null
  rm -rf "$swarm"
  [ ! -e "$before" ] || mv "$before" "$swarm"
  let_in
  systemctl reset-failed docker.service 2>/dev/null
  systemctl start docker.service
  fail "$1"
}
[ ! -e "$swarm" ] || mv "$swarm" "$before" || fail 'the old state cannot be moved aside'
mv "$new" "$swarm" || undo 'the state cannot be put in place'
cut_off || undo 'the host cannot be cut off from other nodes'
systemctl reset-failed docker.service 2>/dev/null
systemctl start docker.service || undo 'Docker Engine does not start with the state'
rm -f ${quoteWord(archive)}
# An engine that is in no swarm has the folder, too.
if [ -e "$before/docker-state.json" ]; then echo "before=$before"; else rm -rf "$before"; fi
`,
});

/** Ends what `placeStateScript` began: the host may talk to other nodes again. */
export const letInScript: RemoteScript = { title: 'allow connections of other nodes again', body: `${cutOff}\nlet_in` };
