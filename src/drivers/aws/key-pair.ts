import type { KeyPairInfo } from '@aws-sdk/client-ec2';
import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { waitFor } from '../../lib/abort.js';
import { messageOf, SwarmupError, usageError } from '../../lib/errors.js';
import { exitCodes } from '../../lib/exit-codes.js';
import type { AwsOptions } from './aws-options.js';
import { type AwsRegion, listInstances, liveStates } from './aws-region.js';
import { type Belonging, groupName, sharedTags, tagList, tagOf, tags } from './aws-state.js';
import { classOf, isCode } from './ec2-failure.js';

/** EC2 accepts no other types of key. */
const publicKey = /^(ssh-(?:ed25519|rsa) [A-Za-z0-9+/]+=*)(?: |$)/m;

/**
 * The user's public key that may also log in; for the path of a private key, the public half beside it. The comment is
 * removed, so that the same key gives the same pair. Errors: OPTION_INVALID (exit 2).
 */
export async function ownPublicKey({ importKeyFile }: AwsOptions): Promise<string | undefined> {
  if (importKeyFile === undefined) return undefined;
  const path = importKeyFile.endsWith('.pub') ? importKeyFile : `${importKeyFile}.pub`;
  const text = await readFile(path, 'utf8').catch((error: unknown) => {
    throw usageError('OPTION_INVALID', `--aws-import-key: ${messageOf(error)}`);
  });
  const key = publicKey.exec(text)?.[1];
  if (key !== undefined) return key;
  throw usageError('OPTION_INVALID', `--aws-import-key: ${path} has no public key that EC2 accepts (ed25519 or RSA)`);
}

/** One name for each key of a swarm, or of a host outside a swarm. */
export const keyPairName = (cluster: string, key: string): string =>
  `${groupName(cluster)}-${createHash('sha256').update(key).digest('hex').slice(0, 8)}`;

/**
 * Imports a key pair, or adopts it if another host of the swarm imported it or the answer was lost. Errors:
 * AWS_KEY_TAKEN (exit 3) if swarmup did not make the pair with this name, or if it has another key.
 */
export async function ensureKeyPair(
  { ec2, timing }: AwsRegion,
  belonging: Belonging,
  { name, key, tags: own }: { readonly name: string; readonly key: string; readonly tags: AwsOptions['tags'] },
  signal: AbortSignal,
): Promise<void> {
  const all = tagList({ ...sharedTags(belonging, own), Name: name });
  const TagSpecifications = [{ ResourceType: 'key-pair' as const, Tags: all }];
  try {
    await ec2.call('ImportKeyPair', { KeyName: name, PublicKeyMaterial: Buffer.from(key), TagSpecifications }, signal);
    return;
  } catch (error) {
    if (!isCode(error, 'InvalidKeyPair.Duplicate')) throw error;
  }
  const Filters = [{ Name: 'key-name', Values: [name] }];
  const wait = { timeoutMs: timing.visibleMs, intervalMs: timing.pollMs, signal, what: `key pair ${name} to appear` };
  const found = await waitFor<KeyPairInfo>(wait, async (deadline) => {
    const { KeyPairs = [] } = await ec2.call('DescribeKeyPairs', { Filters, IncludePublicKey: true }, deadline);
    return KeyPairs[0];
  });
  requireOwn(found, belonging.cluster, key);
}

/** Looks whether the name of a key pair is free, or the pair is that of the cluster. Errors: AWS_KEY_TAKEN (exit 3). */
export async function checkKeyPair(
  { ec2 }: AwsRegion,
  cluster: string,
  key: string,
  signal: AbortSignal,
): Promise<void> {
  const Filters = [{ Name: 'key-name', Values: [keyPairName(cluster, key)] }];
  const { KeyPairs = [] } = await ec2.call('DescribeKeyPairs', { Filters, IncludePublicKey: true }, signal);
  for (const found of KeyPairs) requireOwn(found, cluster, key);
}

function requireOwn(found: KeyPairInfo, cluster: string, key: string): void {
  if (tagOf(found, tags.cluster) === cluster && publicKey.exec(found.PublicKey ?? '')?.[1] === key) return;
  const name = found.KeyName ?? '';
  throw new SwarmupError('AWS_KEY_TAKEN', `a key pair named ${name} exists, but swarmup did not make it`, {
    exitCode: exitCodes.preflight,
    hints: [
      `use that key pair: --aws-key-pair ${name}`,
      `or remove that key pair: aws ec2 delete-key-pair --key-name ${name}`,
    ],
  });
}

/** Deletes key pairs that no instance has any more which is there, or can be started again. */
export async function removeUnusedKeyPairs(
  { ec2 }: AwsRegion,
  names: readonly string[],
  signal: AbortSignal,
): Promise<void> {
  const filters = [{ Name: 'key-name', Values: [...names] }, liveStates];
  const used = new Set((await listInstances(ec2, filters, signal)).map(({ KeyName }) => KeyName));
  const remove = async (KeyName: string): Promise<void> => {
    // EC2 deletes one that is not there without a word; others may say that it is not.
    await ec2.call('DeleteKeyPair', { KeyName }, signal).catch((error: unknown) => {
      if (classOf(error) !== 'gone') throw error;
    });
  };
  await Promise.all(names.filter((name) => !used.has(name)).map(remove));
}

/** The same for all that some owners imported for some clusters. */
export async function removeKeyPairsOf(
  region: AwsRegion,
  { clusters, owners }: { readonly clusters: readonly string[]; readonly owners: readonly string[] },
  signal: AbortSignal,
): Promise<void> {
  const Filters = [
    { Name: `tag:${tags.cluster}`, Values: [...clusters] },
    { Name: `tag:${tags.owner}`, Values: [...owners] },
  ];
  const { KeyPairs = [] } = await region.ec2.call('DescribeKeyPairs', { Filters }, signal);
  const names = KeyPairs.flatMap(({ KeyName }) => KeyName ?? []);
  if (names.length > 0) await removeUnusedKeyPairs(region, names, signal);
}
