import { Args } from '@oclif/core';
import { BaseCommand } from '../../cli/base-command.js';
import { table } from '../../cli/render/table.js';
import type { SnapshotRow } from '../../operations/snapshots.js';

export default class SnapshotLs extends BaseCommand {
  static override summary = 'list the snapshots of hosts';
  static override examples = ['<%= config.bin %> snapshot ls manager agent1'];
  static override args = { host: Args.string({ description: 'hosts', multiple: true, required: true }) };

  async run(): Promise<{ readonly snapshots: readonly SnapshotRow[] }> {
    const { args } = await this.parse(SnapshotLs);
    const { listSnapshots } = await import('../../operations/snapshots.js');
    const result = await this.operate({ quiet: true }, (context) => listSnapshots(context, [...new Set(args.host)]));
    const rows = result.snapshots.map(({ host, name, current }) => [host, name, current ? '*' : '']);
    this.print(table(['HOST', 'SNAPSHOT', 'CURRENT'], rows));
    return result;
  }
}
