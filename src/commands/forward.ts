import { LabCommand, labFlags } from '../cli/lab-command.js';
import { listArg } from '../cli/list-arg.js';

export default class Forward extends LabCommand {
  static override enableJsonFlag = false;
  static override summary = 'lead ports of this machine to the lab, until Ctrl-C';
  static override description =
    'Without arguments those of swarmup.yaml. Without a host they lead to the first manager.';
  static override examples = ['<%= config.bin %> forward', '<%= config.bin %> forward 8080:80 agent1:9000:9000'];
  static override args = {
    forward: listArg('[HOST:]LOCAL:REMOTE'),
  };
  static override flags = { file: labFlags.file };

  async run(): Promise<void> {
    const { args, flags } = await this.parse(Forward);
    const { forwardPorts } = await import('../operations/lab/forward-ports.js');
    const request = { ...(await this.labRequest(flags)), forwards: args.forward };
    await this.operate({ untilInterrupt: true }, (context) =>
      forwardPorts(context, request, (forwards) => {
        for (const { local, host, remote } of forwards) this.print(`127.0.0.1:${local} -> ${host}:${remote}\n`);
      }),
    );
  }
}
