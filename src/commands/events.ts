import { swarmup } from '../lib/typed-command.js';
import { shows } from '../cli/oclif-command.js';
import { eventLine } from '../cli/render/event-line.js';
import { swarmFlag } from '../cli/swarm-flags.js';
import type { EventsResult, SwarmEvent } from '../operations/agent/swarm-events.js';

export default shows({
  summary: 'show the events that the agents of a swarm recorded',
  description: 'With --follow and --json, each line is a JSON object.',
  examples: [swarmup`events`, swarmup`events --follow --service web`, swarmup`events --json`],
  flags: {
    swarm: swarmFlag,
    follow: { type: 'boolean', char: 'f', description: 'print new events as they happen, until Ctrl-C' },
    service: { type: 'string', description: 'show only the events of this service', value: 'NAME', names: 'services' },
  },
  run: async ({ flags, io, json, operate, print }): Promise<EventsResult | undefined> => {
    const { swarmEvents, followSwarmEvents } = await import('../operations/agent/swarm-events.js');
    const request = { swarm: flags.swarm, service: flags.service };
    if (flags.follow) {
      const show = (event: SwarmEvent): void => {
        io.print(json ? `${JSON.stringify(event)}\n` : eventLine(io, event));
      };
      const options = { quiet: true, untilInterrupt: true };
      await operate(options, (context) => followSwarmEvents(context, request, show));
      return undefined;
    }
    const result = await operate({ quiet: true }, (context) => swarmEvents(context, request));
    for (const { message } of result.unanswered) io.say(`Warning: ${message}\n`);
    print(result.events.map((event) => eventLine(io, event)).join(''));
    return result;
  },
});
