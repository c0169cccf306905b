/**
 * Cases of which we do not make what docker makes, and want to, by the reason. The contract test holds the list exactly;
 * it has at most ten.
 */
export const differences: Readonly<Record<'keys' | 'overrides', Readonly<Record<string, readonly string[]>>>> = {
  keys: {
    'the content of configs and secrets may stand in the file or the environment, as the Compose Specification has it':
      ['configs: content', 'secrets: environment'],
    'a version says how old a file is: keys that came later work in it': ['top: version 3.0 with newer key'],
  },
  overrides: {},
};
