import {
  boolean,
  cleanText,
  exactOptional,
  literal,
  parseOutside,
  picklist,
  plainWord,
  port,
  strictObject,
  timestamp,
  userName,
  wholeNumber,
} from '../../lib/border.js';
import type { AwsState } from './aws-state.js';

/** As `Driver.stateFromOutside`. No endpoint: requests that are signed for this user go to no other server. */
export const awsState = (state: unknown, { id }: { readonly id: string }): AwsState =>
  parseOutside(
    strictObject({
      region: plainWord,
      profile: exactOptional(plainWord),
      machine: literal(id),
      cluster: plainWord,
      attempts: wholeNumber,
      launch: exactOptional(launch),
      instance: exactOptional(plainWord),
      keyPair: exactOptional(cleanText),
    }),
    state,
    { what: 'the state of the driver aws', code: 'BUNDLE_BROKEN' },
  );

const launch = strictObject({
  token: cleanText,
  type: cleanText,
  burstable: boolean(),
  subnet: cleanText,
  zone: cleanText,
  publicIp: exactOptional(boolean()),
  image: cleanText,
  rootDevice: cleanText,
  sizeGiB: wholeNumber,
  spot: boolean(),
  group: cleanText,
  ssh: strictObject({ user: userName, port, by: picklist(['public', 'private']) }),
  isPublic: boolean(),
  at: timestamp,
});
