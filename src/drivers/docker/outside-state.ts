import {
  array,
  exactOptional,
  ipAddress,
  literal,
  parseOutside,
  pattern,
  plainWord,
  port,
  strictObject,
  wholeNumber,
} from '../../lib/border.js';
import type { DockerState } from './docker-state.js';

const engine = pattern(
  (text) => /^(?:unix:\/\/\/[\w./-]+|npipe:[\w./\\-]+|tcp:\/\/[\w.:[\]-]+)$/.test(text) && !text.includes('..'),
  'it must be the endpoint of an engine: unix:///PATH or tcp://ADDRESS:PORT',
);

/** As `Driver.stateFromOutside`: labels with the id of the host decide what is removed. */
export const dockerState = (state: unknown, { id }: { readonly id: string }): DockerState =>
  parseOutside(
    strictObject({
      engine,
      machine: literal(id),
      container: plainWord,
      network: plainWord,
      engineConfig: exactOptional(
        strictObject({
          dns: exactOptional(array(ipAddress)),
          mtu: exactOptional(wholeNumber),
          tlsPort: exactOptional(port),
        }),
      ),
    }),
    state,
    { what: 'the state of the driver docker', code: 'BUNDLE_BROKEN' },
  );
