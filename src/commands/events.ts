import { Flags } from '@oclif/core';
import { BaseCommand } from '../cli/base-command.js';
import { eventLine } from '../cli/render/event-line.js';
import { swarmFlag } from '../cli/swarm-flags.js';
import type { EventsResult, SwarmEvent } from '../operations/agent/swarm-events.js';

export default class Events extends BaseCommand {
  static override summary = 'show what the agents of a swarm saw and did';
  static override description = 'With --follow and --json: a JSON object per line.';
  static override examples = [
    '<%= config.bin %> events',
    '<%= config.bin %> events --follow --service web',
    '<%= config.bin %> events --json',
  ];
  static override flags = {
    swarm: swarmFlag,
    follow: Flags.boolean({ char: 'f', description: 'go on with each event as it happens, until Ctrl-C' }),
    service: Flags.string({ description: 'only those about this service', helpValue: '<NAME>' }),
  };

  async run(): Promise<EventsResult | undefined> {
    const { flags } = await this.parse(Events);
    const { swarmEvents, followSwarmEvents } = await import('../operations/agent/swarm-events.js');
    const request = { swarm: flags.swarm, service: flags.service };
    if (flags.follow) {
      const show = (event: SwarmEvent): void => {
        this.io.print(this.jsonEnabled() ? `${JSON.stringify(event)}\n` : eventLine(this.io, event));
      };
      const options = { quiet: true, untilInterrupt: true };
      await this.operate(options, (context) => followSwarmEvents(context, request, show));
      return undefined;
    }
    const result = await this.operate({ quiet: true }, (context) => swarmEvents(context, request));
    for (const { message } of result.unanswered) this.io.say(`Warning: ${message}\n`);
    this.print(result.events.map((event) => eventLine(this.io, event)).join(''));
    return result;
  }
}
