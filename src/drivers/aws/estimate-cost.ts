import type { CostEstimate } from '../driver.js';
import { awsOptions } from './aws-options.js';
import type { OptionValues } from '../driver.js';
import type { AwsSite } from './aws-site.js';
import { addressPrice, diskPrice, instancePrice, monthHours, priceListDate } from './prices.js';

/**
 * The cost of a number of hosts while they run, with the first of their types. Spot prices are current; all other
 * prices come from a list in swarmup, which may be out of date and knows neither discounts nor taxes.
 */
export async function estimateCost(
  openSite: () => Promise<AwsSite>,
  values: OptionValues,
  hosts: number,
  signal: AbortSignal,
): Promise<CostEstimate> {
  const options = awsOptions(values);
  const site = await openSite();
  const { region } = site.access;
  const [type = ''] = options.instanceTypes;
  const price = options.spot ? await spotPrice(site, type, signal) : instancePrice(type, region);
  const isPublic = options.publicIp ?? options.reachedBy === 'public';
  const each = [
    { what: `${type}${options.spot ? ', spot' : ''} in ${region}`, perHour: price ?? null },
    {
      what: `${options.rootSizeGiB} GiB of ${options.volumeType}`,
      perHour: diskPrice(options.rootSizeGiB, options.volumeType, region) ?? null,
    },
    ...(isPublic || options.elasticIp ? [{ what: 'a public IPv4 address', perHour: addressPrice() }] : []),
  ];
  const lines = each.map(({ what, perHour }) => ({
    what: `${hosts} × ${what}`,
    perHour: perHour === null ? null : perHour * hosts,
  }));
  const perHour = lines.reduce<number | null>(
    (sum, line) => (sum === null || line.perHour === null ? null : sum + line.perHour),
    0,
  );
  const perMonth = perHour === null ? null : perHour * monthHours;
  return { currency: 'USD', perHour, perMonth, lines, asOf: priceListDate };
}

/** The lowest of the zones, now. */
async function spotPrice({ ec2 }: AwsSite, type: string, signal: AbortSignal): Promise<number | undefined> {
  const { SpotPriceHistory = [] } = await ec2.call(
    'DescribeSpotPriceHistory',
    { InstanceTypes: [type as never], ProductDescriptions: ['Linux/UNIX'], StartTime: new Date() },
    signal,
  );
  const prices = SpotPriceHistory.map(({ SpotPrice }) => Number(SpotPrice)).filter((price) => price > 0);
  return prices.length === 0 ? undefined : Math.min(...prices);
}
