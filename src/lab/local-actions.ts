import type { Lab } from './lab.js';

/** What the commands of a lab do on this computer for its manifest. */
export interface LocalAction {
  /** `command`: a shell command that runs here. `file`: a file of this computer whose content goes to hosts. */
  readonly type: 'command' | 'file';
  /** Where it stands in the manifest: `hooks.after-up`. */
  readonly at: string;
  /** The command, or the path as the manifest has it. */
  readonly what: string;
}

/** All of them, the commands first. Pure: reads no file, asks no driver. */
export function localActions(lab: Lab): readonly LocalAction[] {
  const all = [...ofSwarm(lab), ...lab.pools.flatMap((pool) => ofPool(pool))];
  const isFirst = ({ type, what }: LocalAction, index: number): boolean =>
    all.findIndex((other) => other.type === type && other.what === what) === index;
  const distinct = all.filter(isFirst);
  return [...distinct.filter(({ type }) => type === 'command'), ...distinct.filter(({ type }) => type === 'file')];
}

function ofSwarm({ hooks = {}, secrets = {}, stacks = {}, swarm }: Lab): readonly LocalAction[] {
  const autolock = typeof swarm?.autolock === 'object' ? swarm.autolock.command : undefined;
  return [
    ...Object.entries(hooks).map(([hook, what = '']): LocalAction => ({ type: 'command', at: `hooks.${hook}`, what })),
    ...(autolock === undefined ? [] : [{ type: 'command' as const, at: 'swarm.autolock.command', what: autolock }]),
    ...referenced('secrets', secrets),
    ...Object.entries(stacks).flatMap(([name, { file }]) =>
      [file].flat().map((what): LocalAction => ({ type: 'file', at: `stacks.${name}.file`, what })),
    ),
  ];
}

function ofPool({ name, files, provision, options }: Lab['pools'][number]): readonly LocalAction[] {
  const file = (at: string, what: string | undefined): readonly LocalAction[] =>
    what === undefined ? [] : [{ type: 'file', at: `pools.${name}.${at}`, what }];
  return [
    // Which options are secret, and so are references, is known to their driver alone.
    ...Object.entries(options).flatMap(([driver, values]) =>
      referenced(`pools.${name}.options.${driver}`, values).filter(({ type }) => type === 'command'),
    ),
    ...provision.flatMap((step) => [
      ...referenced(`pools.${name}.provision.${step.name}.secrets`, step.secrets ?? {}),
      ...file(`provision.${step.name}.file`, step.file),
    ]),
    ...files.flatMap(({ source }) => file('files', source)),
  ];
}

function referenced(at: string, references: Readonly<Record<string, unknown>>): readonly LocalAction[] {
  return Object.entries(references).flatMap(([key, reference]): readonly LocalAction[] => {
    const [, type, what = ''] = /^(command|file):(.*)$/s.exec(String(reference)) ?? [];
    return type === 'command' || type === 'file' ? [{ type, at: `${at}.${key}`, what }] : [];
  });
}
