import * as valibot from 'valibot';

type Run = (dataset: { readonly value: unknown }, config: valibot.Config<valibot.BaseIssue<unknown>>) => unknown;

/**
 * The library accepts a list as a map with the keys `0`, `1` and so on: in a union with a list, `[A=1]` would become
 * `0: A=1`. The schema passed to this function refuses lists.
 */
function refusingLists<S extends valibot.GenericSchema>(schema: S): S {
  const run = schema['~run'] as Run;
  const checked: Run = (dataset, config) => {
    if (!Array.isArray(dataset.value)) return run.call(schema, dataset, config);
    valibot._addIssue(schema, 'type', dataset, config);
    return dataset;
  };
  return Object.assign(schema, { '~run': checked });
}

/** As the library's `record`, but only for real maps. */
export const record = ((...args: Parameters<typeof valibot.record>) =>
  refusingLists(valibot.record(...args))) as typeof valibot.record;

/** As the library's `strictObject`, but only for real maps. */
export const strictObject = ((...args: Parameters<typeof valibot.strictObject>) =>
  refusingLists(valibot.strictObject(...args))) as typeof valibot.strictObject;

/** As the library's `objectWithRest`, but only for real maps. */
export const objectWithRest = ((...args: Parameters<typeof valibot.objectWithRest>) =>
  refusingLists(valibot.objectWithRest(...args))) as typeof valibot.objectWithRest;
