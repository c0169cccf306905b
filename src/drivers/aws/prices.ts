/** AWS's public on-demand prices of Linux instances, in USD an hour, as they were known on this day. */
export const priceListDate = '2025-06-01';

/** In us-east-1, which us-east-2 and us-west-2 share. */
const base: Readonly<Record<string, number>> = {
  't2.micro': 0.0116,
  't2.small': 0.023,
  't2.medium': 0.0464,
  't3.micro': 0.0104,
  't3.small': 0.0208,
  't3.medium': 0.0416,
  't3.large': 0.0832,
  't3.xlarge': 0.1664,
  't3.2xlarge': 0.3328,
  't3a.micro': 0.0094,
  't3a.small': 0.0188,
  't3a.medium': 0.0376,
  't3a.large': 0.0752,
  't4g.micro': 0.0084,
  't4g.small': 0.0168,
  't4g.medium': 0.0336,
  't4g.large': 0.0672,
  'm5.large': 0.096,
  'm5.xlarge': 0.192,
  'm6i.large': 0.096,
  'm6i.xlarge': 0.192,
  'm6g.large': 0.077,
  'm7i.large': 0.1008,
  'm7g.large': 0.0816,
  'c5.large': 0.085,
  'c6i.large': 0.085,
  'c6g.large': 0.068,
  'c7i.large': 0.08925,
  'c7g.large': 0.0725,
  'r5.large': 0.126,
  'r6i.large': 0.126,
  'r6g.large': 0.1008,
};

/** What the burstable types, which most hosts are, cost elsewhere, as a multiple. */
const regions: Readonly<Record<string, number>> = {
  'us-east-1': 1,
  'us-east-2': 1,
  'us-west-2': 1,
  'eu-west-1': 1.096,
  'eu-central-1': 1.154,
};

/** In USD for a GiB and month, and an hour of a public IPv4 address; in us-east-1. */
const gibMonth: Readonly<Record<string, number>> = { gp3: 0.08, gp2: 0.1, standard: 0.05 };
const publicAddressHour = 0.005;

export const monthHours = 730;

/** undefined: the list does not have it. */
export function instancePrice(type: string, region: string): number | undefined {
  const [price, factor] = [base[type], regions[region]];
  return price === undefined || factor === undefined ? undefined : price * factor;
}

/** undefined: the list does not have it. */
export function diskPrice(gib: number, type: string, region: string): number | undefined {
  const [price, factor] = [gibMonth[type], regions[region]];
  return price === undefined || factor === undefined ? undefined : (gib * price * factor) / monthHours;
}

export const addressPrice = (): number => publicAddressHour;
