import type { Interfaces } from '@oclif/core';
import { oclifFlags } from './oclif-flags.js';
import { type GivenListFlags, listFlags, type Listing } from './render/listing.js';

type Values = { -readonly [Name in keyof GivenListFlags]-?: GivenListFlags[Name] };

/** The flags that every list has, for oclif. */
export const flagsOfList = <Row>(listing: Listing<Row>): Interfaces.FlagInput<Values> =>
  oclifFlags(listFlags(listing)) as Interfaces.FlagInput<Values>;
