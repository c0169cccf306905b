/** Readers of what VBoxManage prints. All are pure; test/drivers/virtualbox/parse.test.ts runs them on recorded outputs. */

/** The block that the Linux wrapper prints on stdout before anything else while the kernel module is not loaded. */
const warningBlock = /^WARNING:[\s\S]*?until this problem is fixed\.(?:\r?\n|$)/;

/** `warning`: the text of the block that was taken off. */
export function stripWarning(stdout: string): { readonly text: string; readonly warning: string | undefined } {
  const block = warningBlock.exec(stdout)?.[0];
  if (block === undefined) return { text: stdout, warning: undefined };
  const [first = ''] = block.split('\n');
  return { text: stdout.slice(block.length), warning: first.replace(/^WARNING:\s*/, '').trim() };
}

export interface ToolVersion {
  readonly major: number;
  readonly minor: number;
  /** As printed: `7.2.22_Debianr175245`. */
  readonly text: string;
}

/** The last line that looks like a version: packages print warnings before it. undefined: none does. */
export function parseVersion(stdout: string): ToolVersion | undefined {
  const found = stdout
    .split(/\r?\n/)
    .map((line) => /^(\d+)\.(\d+)\.(\d+)\S*?r(\d+)$/.exec(line.trim()))
    .findLast((match) => match !== null);
  return found && { major: Number(found[1]), minor: Number(found[2]), text: found[0] };
}

/** UUIDs of `list vms` and `list runningvms`; `<inaccessible>` is the name of a machine whose settings are gone. */
export function parseVmList(stdout: string): ReadonlyMap<string, string> {
  const found = [...stdout.matchAll(/^"(.*)" \{([0-9a-f-]{36})\}\r?$/gm)];
  return new Map(found.map(([, name = '', uuid = '']) => [uuid, name]));
}

/**
 * Whether a list of machines or media is complete: an incomplete list ends in the middle of a line. Long lists end with
 * a blank line, whose last line feed may have been removed.
 */
export function isWholeList(topic: readonly string[], stdout: string): boolean {
  if (stdout === '') return true;
  if (topic.includes('--long') || topic.includes('hdds')) return stdout.endsWith('\n');
  if (!topic.includes('vms') && !topic.includes('runningvms')) return true;
  return stdout.trimEnd().split(/\r?\n/).length === parseVmList(stdout).size;
}

/** `key="value"` and `key=value` lines; the first of a key counts, quotes and their escapes are taken off. */
export function parseMachineReadable(stdout: string): ReadonlyMap<string, string> {
  const values = new Map<string, string>();
  for (const line of stdout.split(/\r?\n/)) {
    const match = /^(?:"((?:[^"\\]|\\.)*)"|([^="\s][^=]*))=(.*)$/.exec(line);
    const key = match?.[1] ?? match?.[2];
    if (match === null || key === undefined || values.has(key)) continue;
    const text = match[3] ?? '';
    values.set(key, /^".*"$/.test(text) ? text.slice(1, -1).replace(/\\(["\\])/g, '$1') : text);
  }
  return values;
}

interface NatRule {
  readonly name: string;
  readonly protocol: string;
  readonly hostIp: string;
  readonly hostPort: number;
}

/**
 * The output of `showvminfo --machinereadable` for a machine. undefined: the output is incomplete (it has no state).
 */
export function parseVmInfo(stdout: string): VmInfo | undefined {
  const values = parseMachineReadable(stdout);
  const state = values.get('VMState');
  if (state === undefined) return undefined;
  const rules = [...values]
    .filter(([key]) => /^Forwarding\(\d+\)$/.test(key))
    .map(([, text]) => text.split(','))
    .map(([name = '', protocol = '', hostIp = '', hostPort = '']) => ({
      name,
      protocol,
      hostIp,
      hostPort: Number(hostPort),
    }));
  return { state, rules, logFolder: values.get('LogFldr') ?? '', values };
}

export interface VmInfo {
  /** `poweroff`, `running`, `paused`, `saved`, `aborted`, `gurumeditation` … */
  readonly state: string;
  readonly rules: readonly NatRule[];
  readonly logFolder: string;
  readonly values: ReadonlyMap<string, string>;
}

/**
 * A machine in the output of `list --long vms`, which is made for people: the only call that sees all machines and
 * takes no lock.
 */
export interface ListedVm {
  readonly uuid: string;
  readonly name: string;
  /**
   * `running`, `powered off`, `paused`, `saved`, `aborted`, `guru meditation` …; `inaccessible` if the machine has no
   * state.
   */
  readonly state: string;
  /** MAC addresses without colons, upper case. */
  readonly macs: readonly string[];
  readonly rules: readonly NatRule[];
  /** The file with its settings; undefined: the list does not say. */
  readonly configFile?: string;
}

export function parseLongList(stdout: string): readonly ListedVm[] {
  // A machine begins with its name in the first column; shared folders do so too, with a quote.
  const starts = [...stdout.matchAll(/^Name: +(?!')(.*)$/gm)];
  const bare = [...parseVmList(stdout)].map(([uuid, name]) => ({
    uuid,
    name,
    state: inaccessible,
    macs: [],
    rules: [],
  }));
  const whole = starts.flatMap((start, i) => {
    const text = stdout.slice(start.index, starts[i + 1]?.index);
    const uuid = /^UUID: +([0-9a-f-]{36})/m.exec(text)?.[1];
    if (uuid === undefined) return [];
    const rules = [
      ...text.matchAll(/^NIC \d+ Rule\(\d+\): +name = (.*?), protocol = (\w+), host ip = (.*?), host port = (\d+)/gm),
    ].map(([, name = '', protocol = '', hostIp = '', port]) => ({ name, protocol, hostIp, hostPort: Number(port) }));
    const configFile = /^Config file: +(.*?)\r?$/m.exec(text)?.[1];
    return {
      uuid,
      name: (start[1] ?? '').trim(),
      state: /^State: +(.*?)(?: \(since .*)?\r?$/m.exec(text)?.[1] ?? inaccessible,
      macs: [...text.matchAll(/^NIC \d+: +MAC: ([0-9A-F]{12})/gm)].map(([, mac = '']) => mac),
      rules,
      ...(configFile !== undefined && { configFile }),
    };
  });
  return [...whole, ...bare];
}

/** Of a machine whose settings cannot be read: the list has it without a state, or in one line. */
const inaccessible = 'inaccessible';

/** The output of `getextradata UUID enumerate`. */
export const parseExtraData = (stdout: string): ReadonlyMap<string, string> =>
  new Map([...stdout.matchAll(/^Key: (.+?), Value: (.*?)\r?$/gm)].map(([, key = '', value = '']) => [key, value]));

/**
 * `Key:   value` lines of the list commands, a block each. A block begins at the key `first`: blank lines are not
 * everywhere between blocks only.
 */
export function parseBlocks(stdout: string, first: string): readonly ReadonlyMap<string, string>[] {
  const blocks: Map<string, string>[] = [];
  for (const line of stdout.split(/\r?\n/)) {
    const match = /^([^:\s][^:]*):\s*(.*)$/.exec(line);
    if (match === null) continue;
    const [, key = '', value = ''] = match;
    if (key === first) blocks.push(new Map());
    blocks.at(-1)?.set(key, value.trim());
  }
  return blocks;
}

export interface ListedSnapshot {
  readonly name: string;
  readonly uuid: string;
  readonly description: string;
  readonly current: boolean;
}

/** The snapshots in `snapshot list --machinereadable`, the oldest first. */
export function parseSnapshots(stdout: string): readonly ListedSnapshot[] {
  const values = parseMachineReadable(stdout);
  const current = values.get('CurrentSnapshotUUID');
  return [...values].flatMap(([key, name]) => {
    const path = /^SnapshotName((?:-\d+)*)$/.exec(key)?.[1];
    if (path === undefined) return [];
    const uuid = values.get(`SnapshotUUID${path}`) ?? '';
    return [{ name, uuid, description: values.get(`SnapshotDescription${path}`) ?? '', current: uuid === current }];
  });
}
