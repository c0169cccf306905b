import {
  DefaultRenderer,
  Listr,
  ListrDefaultRendererLogLevels as Level,
  ListrLogger,
  type ListrTask,
  type LoggerFormat,
  ProcessOutput,
} from 'listr2';
import type { CommandIo } from '../command-io.js';
import { painter, type Style } from '../render/paint.js';

/** listr2 asks whether stdout is a terminal; here stderr is, and stdout may well be a file. */
class StderrRenderer extends DefaultRenderer {
  static override nonTTY = true;
}

/** A listr2 list of tasks, drawn on stderr. Failed tasks end nothing; signals are left alone. */
export function stderrList(io: CommandIo, tasks: readonly ListrTask[]): Listr {
  const processOutput = new ProcessOutput(io.stderr, io.stderr, { dump: [] });
  const list = new Listr<object, typeof StderrRenderer>([...tasks], {
    concurrent: true,
    exitOnError: false,
    registerSignalListeners: false,
    renderer: StderrRenderer,
    rendererOptions: {
      logger: new ListrLogger({ useIcons: true, processOutput }),
      showErrorMessage: false,
      showSkipMessage: false,
      formatOutput: 'truncate',
      color: markColours(io),
    },
  });
  return list as unknown as Listr;
}

/** listr2's own look at another stream, and not at NO_COLOR. */
function markColours(io: CommandIo): Partial<Record<Level, LoggerFormat>> {
  const paint = painter(io, 'stderr');
  const style = (name: Style) => (text: string | undefined) => paint(name, text ?? '');
  return {
    [Level.PENDING]: style('cyan'),
    [Level.COMPLETED]: style('green'),
    [Level.FAILED]: style('red'),
    [Level.SKIPPED_WITH_COLLAPSE]: style('yellow'),
    [Level.OUTPUT_WITH_BOTTOMBAR]: style('dim'),
  };
}
