import { parseOutside, port, sshAddress, sshLogin, strictObject } from '../../lib/border.js';
import type { GenericState } from './generic-state.js';

/** As `Driver.stateFromOutside`. */
export const genericState = (state: unknown): GenericState =>
  parseOutside(strictObject({ ssh: strictObject({ ...sshAddress, login: sshLogin }), enginePort: port }), state, {
    what: 'the state of the driver generic',
    code: 'BUNDLE_BROKEN',
  });
