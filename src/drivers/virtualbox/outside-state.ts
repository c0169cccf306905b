import {
  boolean,
  exactOptional,
  ipAddress,
  isCleanText,
  literal,
  parseOutside,
  pattern,
  plainWord,
  port,
  strictObject,
  userName,
  uuid,
  wholeNumber,
} from '../../lib/border.js';
import { isHostFolder, type VirtualBoxState } from './state.js';

/** As `Driver.stateFromOutside`: the machine and its folder are those of the host's id. */
export const virtualBoxState = (state: unknown, { id }: { readonly id: string }): VirtualBoxState =>
  parseOutside(
    strictObject({
      vm: literal(id),
      name: plainWord,
      vmName: exactOptional(plainWord),
      folder: pattern((path) => isCleanText(path) && isHostFolder(path, id), 'it must be the folder of the host'),
      address: ipAddress,
      prefix: wholeNumber,
      sshPort: port,
      user: userName,
      uid: exactOptional(wholeNumber),
      // `rm` compares its folder with that of the host.
      master: exactOptional(strictObject({ vm: uuid, folder: pattern(isCleanText, 'it must be a path') })),
      made: boolean(),
    }),
    state,
    { what: 'the state of the driver virtualbox', code: 'BUNDLE_BROKEN' },
  );
