import { boolean, literal, parseOutside, strictObject } from '../../lib/border.js';
import type { PluginState } from './host-record.js';

/** As `Driver.stateFromOutside`. */
export const pluginState = (state: unknown, { name }: { readonly name: string }): PluginState =>
  parseOutside(strictObject({ name: literal(name), made: boolean() }), state, {
    what: 'the state of a plugin of docker-machine',
    code: 'BUNDLE_BROKEN',
  });
