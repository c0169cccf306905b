import { swarmup } from '../lib/typed-command.js';
import { shows } from '../cli/oclif-command.js';
import { labRequest, labFlags } from '../cli/lab-command.js';

export default shows({
  summary: 'forward ports of this computer to the lab, until Ctrl-C',
  description:
    'Without arguments, the ports in swarmup.yaml are forwarded. A port without a host leads to the first ' +
    'manager.',
  examples: [swarmup`forward`, swarmup`forward 8080:80 agent1:9000:9000`],
  args: {
    forward: { description: '[HOST:]LOCAL:REMOTE', many: true },
  },
  flags: { file: labFlags.file },
  json: false,
  run: async (call): Promise<void> => {
    const { args, flags } = call;
    const { forwardPorts } = await import('../operations/lab/forward-ports.js');
    const request = { ...(await labRequest(call, flags)), forwards: args.forward };
    await call.operate({ untilInterrupt: true }, (context) =>
      forwardPorts(context, request, (forwards) => {
        for (const { local, host, remote } of forwards) call.print(`127.0.0.1:${local} -> ${host}:${remote}\n`);
      }),
    );
  },
});
