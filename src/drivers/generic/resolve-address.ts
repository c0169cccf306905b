import { userInfo } from 'node:os';
import { join, resolve } from 'node:path';
import { type SwarmupError, usageError } from '../../lib/errors.js';
import type { HostKeyPolicy, SshAddress, SshCredentials, SshHop, SshLogin } from '../driver.js';
import type { SshSettings } from './read-ssh-config.js';

/** The user's description of a host; the rest comes from ssh_config. */
export interface AskedHost {
  readonly alias: string;
  readonly user?: string | undefined;
  readonly port?: number | undefined;
  readonly keyFile?: string | undefined;
}

interface Surroundings {
  readonly settings: SshSettings;
  readonly home: string;
  /** The user name for jump hosts that do not set one. */
  readonly localUser: string;
}

const mostHops = 8;

/**
 * Where a host is and how to log in, from what the user said and ssh_config(5): HostName, User, Port, IdentityFile,
 * IdentitiesOnly, IdentityAgent, ProxyJump, HostKeyAlias, UserKnownHostsFile, GlobalKnownHostsFile,
 * StrictHostKeyChecking. Of a host itself the default user is root, as docker-machine has it.
 * Errors: PROXY_UNSUPPORTED (ProxyCommand), PROXY_LOOP, SSH_CONFIG_INVALID (all exit 2).
 */
export function resolveAddress(asked: AskedHost, around: Surroundings): SshAddress & { readonly login: SshLogin } {
  const { jump, hop } = resolveHop(asked, around, 'root');
  const { host, port, user, ...login } = hop;
  return { host, port, user, login: { ...login, jumps: jumpsOf(jump, around, asked.alias) } };
}

/** The current user's home and name, as ssh would find them. */
export function surroundings(
  settings: SshSettings,
  home: string,
  env: Readonly<Record<string, string | undefined>>,
): Surroundings {
  return { settings, home, localUser: env['USER'] ?? env['LOGNAME'] ?? userInfo().username };
}

interface ResolvedHop {
  readonly hop: SshHop;
  readonly jump: string | undefined;
}

function resolveHop(asked: AskedHost, around: Surroundings, defaultUser: string): ResolvedHop {
  const given = around.settings(asked.alias, asked.user);
  const first = (key: string): string | undefined => {
    const value = given[key];
    return Array.isArray(value) ? value[0] : value;
  };
  // Without a match the library's own default for the user would be the local one.
  const user = asked.user ?? first('user') ?? defaultUser;
  const port = asked.port ?? portOf(first('port') ?? '22', asked.alias);
  const host = expand(first('hostname') ?? asked.alias, { h: asked.alias });
  const jump = unlessNone(first('proxyjump'));
  const command = unlessNone(first('proxycommand'));
  if (jump === undefined && command !== undefined) throw proxyCommand(asked.alias);
  const tokens = { h: host, n: asked.alias, p: String(port), r: user, u: around.localUser, d: around.home };
  const path = (text: string): string => pathOf(expand(text, tokens), around.home);
  const credentials = credentialsOf(asked, given, path);
  return { jump, hop: { host, port, user, ...credentials, policy: policyOf(given, first, path) } };
}

function credentialsOf(
  { keyFile }: AskedHost,
  given: ReturnType<SshSettings>,
  path: (text: string) => string,
): SshCredentials {
  const files = listOf(given['identityfile']).filter((file) => file.toLowerCase() !== 'none');
  const named = keyFile === undefined ? files : [keyFile];
  const defaults = ['id_ed25519', 'id_ecdsa', 'id_rsa'].map((name) => `~/.ssh/${name}`);
  const [agent = 'SSH_AUTH_SOCK'] = listOf(given['identityagent']);
  const only = keyFile !== undefined || listOf(given['identitiesonly'])[0]?.toLowerCase() === 'yes';
  return {
    identityFiles: (named.length > 0 ? named : defaults).map(path),
    ...(agent.toLowerCase() !== 'none' && { agent: /^[$A-Z]/.test(agent) ? agent.replace('$', '') : path(agent) }),
    ...(only && { identitiesOnly: true }),
  };
}

function policyOf(
  given: ReturnType<SshSettings>,
  first: (key: string) => string | undefined,
  path: (text: string) => string,
): HostKeyPolicy {
  const files = (key: string, defaults: readonly string[]): readonly string[] => {
    const named = listOf(given[key]).flatMap((value) => value.split(/\s+/));
    return (named.length > 0 ? named : defaults).filter((file) => file.toLowerCase() !== 'none').map(path);
  };
  const alias = first('hostkeyalias');
  const strictness = first('stricthostkeychecking')?.toLowerCase() ?? 'ask';
  return {
    knownHosts: [
      ...files('userknownhostsfile', ['~/.ssh/known_hosts', '~/.ssh/known_hosts2']),
      ...files('globalknownhostsfile', ['/etc/ssh/ssh_known_hosts', '/etc/ssh/ssh_known_hosts2']),
    ],
    // Even with `no` a key that has changed is refused.
    unknown: ['no', 'off', 'accept-new'].includes(strictness) ? 'accept' : 'ask',
    ...(alias !== undefined && { alias }),
  };
}

/** The hops of a ProxyJump, and those on the way to its first one. */
function jumpsOf(jump: string | undefined, around: Surroundings, alias: string, depth = 0): readonly SshHop[] {
  if (jump === undefined) return [];
  if (depth > mostHops)
    throw usageError(
      'PROXY_LOOP',
      `the ProxyJump of ${alias} leads back to itself (${jump})`,
      `ssh -G ${alias} shows it`,
    );
  const hops = jump.split(',').map((word) => resolveHop(parseJump(word, alias), around, around.localUser));
  const [first] = hops;
  const before = jumpsOf(first?.jump, around, alias, depth + 1);
  return [...before, ...hops.map(({ hop }) => hop)];
}

/** `[user@]host[:port]` or `ssh://…`. */
function parseJump(word: string, alias: string): AskedHost {
  const [, user, bracketed, host, port] =
    /^(?:ssh:\/\/)?(?:([^@]+)@)?(?:\[([^\]]+)\]|([^:/]+))(?::(\d+))?\/?$/.exec(word.trim()) ?? [];
  const name = bracketed ?? host;
  if (name === undefined) throw usageError('SSH_CONFIG_INVALID', `the ProxyJump of ${alias} has no host in '${word}'`);
  return { alias: name, user, port: port === undefined ? undefined : portOf(port, alias) };
}

function portOf(text: string, alias: string): number {
  const port = Number(text);
  if (Number.isInteger(port) && port > 0 && port <= 65_535) return port;
  throw usageError('SSH_CONFIG_INVALID', `'${text}' is not a valid SSH port for ${alias}`);
}

function expand(text: string, tokens: Readonly<Record<string, string>>): string {
  return text.replace(/%(.)/g, (whole, key: string) => (key === '%' ? '%' : (tokens[key] ?? whole)));
}

function pathOf(text: string, home: string): string {
  const path = text === '~' || text.startsWith('~/') ? join(home, text.slice(1)) : text;
  return resolve(path);
}

const listOf = (value: string | string[] | undefined): readonly string[] =>
  value === undefined ? [] : Array.isArray(value) ? value : [value];

const unlessNone = (text: string | undefined): string | undefined =>
  text?.toLowerCase() === 'none' ? undefined : text;

function proxyCommand(alias: string): SwarmupError {
  return usageError(
    'PROXY_UNSUPPORTED',
    `~/.ssh/config gives ${alias} a ProxyCommand, which swarmup does not run`,
    'use ProxyJump instead: name one or more hosts to connect through',
  );
}
