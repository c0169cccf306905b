import type { CostEstimate } from '../../drivers/driver.js';
import { table } from './table.js';

/** What hosts cost, in dollars, with the day of the prices. */
export function costText({ lines, perHour, perMonth, asOf }: CostEstimate): string {
  const money = (amount: number | null, digits: number): string =>
    amount === null ? 'unknown' : `$${amount.toFixed(digits)}`;
  const rows = [
    ...lines.map((line) => [line.what, money(line.perHour, 4)]),
    ['together', `${money(perHour, 4)}, or ${money(perMonth, 2)} a month`],
  ];
  return `${table(['COST', 'AN HOUR'], rows)}Estimate with the prices of ${asOf}, without traffic, discounts and taxes.\n`;
}
