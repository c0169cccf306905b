/**
 * Runs `sh -c "$1"` so that it ends when our side of the channel does: SSH itself cannot promise that (OpenSSH refuses
 * to signal root's processes, and a closed channel leaves a silent command running).
 *
 * The channel's stdin is the lifeline. A background shell waits for its end and then ends the whole process group,
 * which sshd makes for each command: TERM at once, KILL three seconds later. `$2` bytes of stdin come first and belong
 * to the command; `head` reads no byte more. When the command is already over, the lifeline just goes away.
 */
export const lifelineScript = [
  'exec 3<&0 </dev/null',
  'lifeline() {',
  // Not as a redirection of the call: dash would keep copies, and the channel would not close.
  'exec >/dev/null 2>&1',
  'read -r _ <&3',
  'kill -0 $$ || exit 0',
  'trap "" TERM',
  'kill -TERM 0',
  'sleep 3',
  'kill -KILL 0',
  '}',
  'if [ "$2" = 0 ]; then',
  'lifeline &',
  'exec sh -c "$1" 3<&-',
  'fi',
  '{ head -c "$2" <&3; lifeline & } | sh -c "$1" 3<&-',
].join('\n');

/** The argv that runs a shell command under a lifeline; `stdinBytes` of the channel's stdin are the command's. */
export function withLifeline(command: string, stdinBytes: number): readonly string[] {
  return ['sh', '-c', lifelineScript, 'sh', command, String(stdinBytes)];
}
