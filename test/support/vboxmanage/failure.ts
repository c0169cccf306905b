/** A call that ends with an exit status and what stands on stderr before it. */
export class Failure extends Error {
  constructor(
    readonly text: string,
    readonly exitCode = 1,
  ) {
    super(text);
  }
}

const errorLine = (text: string): string => `VBoxManage: error: ${text}\n`;

/** Result codes of the tool's object model. */
const codes = {
  E_ACCESSDENIED: '0x80070005',
  NS_ERROR_FAILURE: '0x80004005',
  NS_ERROR_INVALID_ARG: '0x80070057',
  NS_ERROR_UNEXPECTED: '0x8000ffff',
  VBOX_E_OBJECT_NOT_FOUND: '0x80bb0001',
  VBOX_E_INVALID_VM_STATE: '0x80bb0002',
  VBOX_E_FILE_ERROR: '0x80bb0004',
  VBOX_E_IPRT_ERROR: '0x80bb0005',
  VBOX_E_INVALID_OBJECT_STATE: '0x80bb0007',
  VBOX_E_NOT_SUPPORTED: '0x80bb0009',
  VBOX_E_OBJECT_IN_USE: '0x80bb000c',
} as const;

type Code = keyof typeof codes;

/** Names of a code that carries no text of its own. */
const meanings: Readonly<Partial<Record<Code, string>>> = {
  E_ACCESSDENIED: 'Access denied',
  NS_ERROR_FAILURE: 'Operation failed',
  NS_ERROR_INVALID_ARG: 'Invalid argument value',
};

/** Where an error comes from: `Machine` stands for component MachineWrap and interface IMachine. */
export type Component =
  | 'Console'
  | 'DHCPServer'
  | 'Host'
  | 'HostNetworkInterface'
  | 'Machine'
  | 'Medium'
  | 'NATEngine'
  | 'NetworkAdapter'
  | 'SessionMachine'
  | 'SharedFolder'
  | 'StorageController'
  | 'GraphicsAdapter'
  | 'VirtualBox';

const componentNames = (component: Component): string =>
  component === 'SessionMachine' ? 'SessionMachine, interface IMachine' : `${component}Wrap, interface I${component}`;

/** Source files and lines of the call that failed, as the tool shows them. */
export type Context = readonly [call: string, line: number, file: string];

const contextLine = ([call, line, file]: Context): string =>
  errorLine(`Context: "${call}" at line ${String(line)} of file ${file}.cpp`);

/** An error of the object model: text, details, context. */
export function comText(text: string, code: Code, component: Component, context?: Context): string {
  // Errors of a progress object name no callee.
  const callee = context === undefined || context[0].startsWith('RTEXITCODE') ? '' : ', callee nsISupports';
  return (
    text.split('\n').map(errorLine).join('') +
    errorLine(`Details: code ${code} (${codes[code]}), component ${componentNames(component)}${callee}`) +
    (context === undefined ? '' : contextLine(context))
  );
}

export function comError(text: string, code: Code, component: Component, context?: Context): Failure {
  return new Failure(comText(text, code, component, context));
}

/** An error of the object model that came without a text. */
export function bareError(code: Code, context: Context): Failure {
  const text = `Code ${code} (${codes[code]}) - ${meanings[code] ?? ''} (extended info not available)`;
  return new Failure(errorLine(text) + contextLine(context));
}

/** An error of the tool itself. */
export function toolError(text: string, exitCode = 1): Failure {
  return new Failure(errorLine(text), exitCode);
}

/** A failed progress: its bar up to where it came, the code, then the error. */
export function progressError(upTo: number, code: Code, failure: Failure): Failure {
  return new Failure(`${progressBar(upTo)}${code}\n${failure.text}`);
}

const progressBar = (upTo: number): string =>
  Array.from({ length: upTo / 10 + 1 }, (_, step) => `${String(step * 10)}%...`).join('');

/** The bar of a progress that came to its end. */
export const finishedBar = `${progressBar(90)}100%\n`;
