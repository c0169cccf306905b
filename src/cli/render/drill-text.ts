import type { DrillPlan, DrillResult } from '../../operations/lab/drill-lab.js';
import { seconds } from './seconds.js';

const time = (ms: number | null, otherwise: string): string => (ms === null ? otherwise : seconds(ms));

/** The events, their times and their cost. */
export function drillText(report: DrillResult): string {
  const { drill, victims, leaderBefore, leaderAfter, newLeaderMs, allTasksMs, recoveredMs, requests, timeline } =
    report;
  const events = timeline.map(({ atMs, what }) => `${seconds(atMs).padStart(8)}  ${what}\n`).join('');
  const lostLeader = victims.includes(leaderBefore ?? '');
  const facts = [
    ...(lostLeader
      ? [['new leader', `${time(newLeaderMs, 'none')}${leaderAfter === null ? '' : ` (${leaderAfter})`}`]]
      : []),
    ['all tasks elsewhere', time(allTasksMs, 'not while the fault lasted')],
    ['all well afterwards', time(recoveredMs, 'NOT in time')],
    ...(requests === null
      ? []
      : [['requests lost', `${requests.failed} of ${requests.sent}, longest gap ${seconds(requests.longestGapMs)}`]]),
    ['report', report.path],
  ];
  const width = Math.max(...facts.map(([label = '']) => label.length));
  const lines = facts.map(([label = '', value = '']) => `${label.padEnd(width)}  ${value}\n`).join('');
  return `${events}\n${drill} on ${victims.join(', ')}\n${lines}`;
}

/** What would be done, a line a step. */
export const drillPlanText = ({ lab, drill, steps }: DrillPlan): string =>
  `${drill} on lab ${lab}:\n${steps.map((step) => `  ${step}\n`).join('')}Nothing was done (--dry-run).\n`;
