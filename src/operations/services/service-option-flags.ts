import { serviceOptions } from '../../swarm/service-options.js';

interface OptionFlag {
  readonly type: 'string' | 'boolean' | 'list';
  readonly description: string;
  readonly value?: string;
  readonly choices?: readonly string[];
}

/** The flags that the table of service options makes. */
export function serviceOptionFlags(purpose: 'create' | 'update'): Readonly<Record<string, OptionFlag>> {
  const flags: Record<string, OptionFlag> = {};
  for (const [name, option] of Object.entries(serviceOptions)) {
    const { description } = option;
    if (option.kind !== 'list')
      flags[name] =
        option.kind === 'flag'
          ? { type: 'boolean', description }
          : { type: 'string', description, ...pick(option.value, option.choices) };
    else if (purpose === 'create') flags[name] = { type: 'list', description, value: option.value };
    else {
      flags[`${name}-add`] = { type: 'list', description: `add or replace: ${description}`, value: option.value };
      flags[`${name}-rm`] = { type: 'list', description: `remove: ${description}`, value: 'NAME' };
    }
  }
  return flags;
}

const pick = (value: string | undefined, choices: readonly string[] | undefined) => ({
  ...(value !== undefined && { value }),
  ...(choices !== undefined && { choices }),
});
