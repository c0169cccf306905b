import { Args, type Command, type Interfaces } from '@oclif/core';
import { BaseCommand } from './base-command.js';
import { flagValues, type FlagDeclarations } from './flag-declaration.js';
import { namesOf, type LightCommand } from './light/light-command.js';
import { oclifFlags } from './oclif-flags.js';

/** The oclif class of a light command. */
export function oclifCommand<F extends FlagDeclarations, Result>(light: LightCommand<F, Result>): Command.Class {
  return class extends BaseCommand {
    static override summary = light.summary;
    static override description = light.description ?? '';
    static override examples = [...light.examples];
    static override args: Interfaces.ArgInput = light.names === undefined ? {} : { name: nameArg(light.names) };
    static override flags: Interfaces.FlagInput = oclifFlags(light.flags);

    async run(): Promise<Result> {
      const { args, flags } = await this.parse();
      const given = [(args['name'] as string | string[] | undefined) ?? []].flat();
      return this.operate({ quiet: true }, async (context) => {
        const call = {
          names: await namesOf(light, given, context),
          flags: flagValues(light.flags, flags),
          context,
          io: this.io,
          json: this.jsonEnabled(),
        };
        const result = await light.run(call);
        this.print(light.render(result, call));
        return result;
      });
    }
  };
}

const nameArg = (names: NonNullable<LightCommand['names']>): Interfaces.Arg<unknown> =>
  (names.many
    ? Args.string({ description: names.description, multiple: true })
    : Args.string(names)) as Interfaces.Arg<unknown>;
