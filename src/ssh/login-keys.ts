import { readFile } from 'node:fs/promises';
import { addAbortListener } from 'node:events';
import type ssh2Module from 'ssh2';
import type { AnyAuthMethod, BaseAgent, ParsedKey } from 'ssh2';
import { codeOf, messageOf } from '../lib/errors.js';
import type { SshCredentials } from '../lib/ssh-login.js';

interface LoadKeysOptions {
  readonly user: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Keys that were opened with their passphrases, by path of their files. */
  readonly opened: ReadonlyMap<string, ParsedKey>;
  readonly signal?: AbortSignal | undefined;
}

/** The keys to offer to a host. */
export interface LoginKeys {
  readonly methods: readonly AnyAuthMethod[];
  /** Files that need a passphrase which is not known, and whose key the agent does not have. */
  readonly locked: readonly string[];
  /** Of each file or agent why it is of no use, or that it was offered; for the error when no key is taken. */
  readonly tried: readonly string[];
}

/** Keys of the agent first, then those of files, as OpenSSH offers them. Files that are not there are passed over. */
export async function loadLoginKeys(credentials: SshCredentials, options: LoadKeysOptions): Promise<LoginKeys> {
  const { default: ssh2 } = await import('ssh2');
  const agent = await openAgent(ssh2, credentials, options);
  const files = await Promise.all(credentials.identityFiles.map((path) => readIdentity(ssh2, path, options)));
  const named = new Set(files.flatMap(({ publicKey }) => publicKey ?? []));
  const offered = (agent?.keys ?? []).filter((key) => credentials.identitiesOnly !== true || named.has(publicOf(key)));
  const byAgent = new Set(offered.map(publicOf));
  const { user: username } = options;
  const own = files.filter(({ publicKey }) => publicKey === undefined || !byAgent.has(publicKey));
  return {
    methods: [
      ...(agent !== undefined && offered.length > 0
        ? [{ type: 'agent' as const, username, agent: agentOf(ssh2, agent.agent, offered) }]
        : []),
      ...own.flatMap(({ key }) => (key === undefined ? [] : [publicKey(username, key)])),
    ],
    locked: own.flatMap(({ path, locked }) => (locked ? [path] : [])),
    tried: [
      ...(agent === undefined ? [] : [agent.problem ?? `${offered.length} from the agent`]),
      ...own.map(({ path, problem }) => (problem === undefined ? path : `${path} (${problem})`)),
    ],
  };
}

/** ssh2 takes a parsed key as well; its types do not say so. */
const publicKey = (username: string, key: ParsedKey): AnyAuthMethod => ({
  type: 'publickey',
  username,
  key: key as unknown as Buffer,
});

type Ssh2 = typeof ssh2Module;

interface Identity {
  readonly path: string;
  readonly key?: ParsedKey;
  /** As in base64. */
  readonly publicKey?: string;
  readonly locked: boolean;
  readonly problem?: string;
}

/** The key of a file, undefined when that is not its passphrase. It takes a second: that is what keeps guessers away. */
export async function openKey(path: string, passphrase: string): Promise<ParsedKey | undefined> {
  const { default: ssh2 } = await import('ssh2');
  const key = ssh2.utils.parseKey(await readFile(path, 'utf8'), passphrase);
  return key instanceof Error ? undefined : key;
}

async function readIdentity(ssh2: Ssh2, path: string, { opened }: LoadKeysOptions): Promise<Identity> {
  const publicKey = await publicKeyBeside(ssh2, path);
  const key = opened.get(path);
  if (key !== undefined) return { path, key, publicKey: publicOf(key), locked: false };
  const base = { path, ...(publicKey !== undefined && { publicKey }), locked: false };
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    return { ...base, problem: codeOf(error) === 'ENOENT' ? 'does not exist' : messageOf(error) };
  }
  const parsed = ssh2.utils.parseKey(text);
  if (!(parsed instanceof Error)) {
    if (!parsed.isPrivateKey()) return { ...base, problem: 'not a private key' };
    return { ...base, key: parsed, publicKey: publicOf(parsed) };
  }
  if (parsed.message.includes('no passphrase given')) return { ...base, locked: true, problem: 'needs its passphrase' };
  // A parser's message may quote its input.
  return { ...base, problem: 'not a key that can be read: ssh-keygen -p -f FILE writes the key in a new format' };
}

/** The public key of a file that may not be readable without its passphrase, as ssh-keygen puts it beside it. */
async function publicKeyBeside(ssh2: Ssh2, path: string): Promise<string | undefined> {
  const text = await readFile(path.endsWith('.pub') ? path : `${path}.pub`, 'utf8').catch(() => undefined);
  const parsed = text === undefined ? undefined : ssh2.utils.parseKey(text);
  if (parsed === undefined || parsed instanceof Error) return undefined;
  return publicOf(parsed);
}

const publicOf = (key: ParsedKey): string => key.getPublicSSH().toString('base64');

interface OpenAgent {
  readonly agent: BaseAgent;
  readonly keys: readonly ParsedKey[];
  readonly problem?: string;
}

/** If an agent does not answer, the files are still tried. */
async function openAgent(
  ssh2: Ssh2,
  { agent: socket }: SshCredentials,
  { env, signal }: LoadKeysOptions,
): Promise<OpenAgent | undefined> {
  const path = socket === 'SSH_AUTH_SOCK' ? env['SSH_AUTH_SOCK'] : socket;
  if (path === undefined || path === '') return undefined;
  const agent = ssh2.createAgent(path);
  const patience = AbortSignal.any([...(signal === undefined ? [] : [signal]), AbortSignal.timeout(5_000)]);
  try {
    const keys = await new Promise<readonly ParsedKey[]>((resolve, reject) => {
      addAbortListener(patience, () => {
        reject(new Error('it does not answer'));
      });
      agent.getIdentities((error, found) => {
        if (error) reject(error);
        else resolve((found ?? []).map((key) => parsedOf(ssh2, key)).filter((key) => key !== undefined));
      });
    });
    return { agent, keys };
  } catch (error) {
    signal?.throwIfAborted();
    return { agent, keys: [], problem: `the agent at ${path} (${messageOf(error)})` };
  }
}

function parsedOf(ssh2: Ssh2, key: unknown): ParsedKey | undefined {
  const parsed = ssh2.utils.parseKey(key as Buffer);
  return parsed instanceof Error ? undefined : parsed;
}

/** The agent with some of its keys only. */
function agentOf(ssh2: Ssh2, agent: BaseAgent, keys: readonly ParsedKey[]): BaseAgent {
  const chosen = Object.create(ssh2.BaseAgent.prototype as object) as BaseAgent;
  chosen.getIdentities = (answer) => {
    answer(undefined, [...keys]);
  };
  chosen.sign = agent.sign.bind<BaseAgent['sign']>(agent);
  return chosen;
}
