import { gunzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { givenAccess } from '../../../src/drivers/aws/aws-account.js';
import { isPublicEndpoint } from '../../../src/drivers/aws/caller-address.js';
import { awsOptions, ownUserData } from '../../../src/drivers/aws/aws-options.js';
import { awsDeclaration } from '../../../src/drivers/aws/declaration.js';
import { openEc2 } from '../../../src/drivers/aws/ec2-client.js';
import { userData } from '../../../src/drivers/aws/user-data.js';
import type { OptionValues } from '../../../src/drivers/driver.js';
import { readOptions } from '../../../src/drivers/option-values.js';
import { awsIdentity } from './aws-bench.js';

describe('the account', () => {
  const access = (given: OptionValues, env: Record<string, string>) =>
    givenAccess({ options: readOptions(awsDeclaration, given, env), env });

  it.each<[OptionValues, Record<string, string>, string | undefined]>([
    [{ region: 'a' }, { AWS_REGION: 'b', AWS_DEFAULT_REGION: 'c' }, 'a'],
    [{}, { AWS_REGION: 'b', AWS_DEFAULT_REGION: 'c' }, 'b'],
    [{}, { AWS_DEFAULT_REGION: 'c' }, 'c'],
    // That of the profile, which the SDK reads.
    [{}, {}, undefined],
  ])('with %j and %j is in region %s', (given, env, region) => {
    expect(access(given, env).region).toBe(region);
  });

  it('is that of the profile, at the endpoint that is named', () => {
    const named = { AWS_PROFILE: 'work', AWS_ENDPOINT_URL_EC2: 'http://a' };
    expect(access({}, named)).toEqual({ profile: 'work', endpoint: 'http://a' });
    expect(access({ profile: 'mine', 'endpoint-url': 'http://b' }, named)).toEqual({
      profile: 'mine',
      endpoint: 'http://b',
    });
  });

  it('has a region, or that is told before anything is asked', async () => {
    const nowhere = { region: undefined, profile: 'no-such-profile', endpoint: undefined };
    await expect(openEc2(nowhere)).rejects.toMatchObject({ code: 'AWS_REGION_MISSING', exitCode: 3 });
  });
});

describe('options', () => {
  it.each<[OptionValues, RegExp]>([
    [{ 'spot-price': '0.01' }, /--aws-spot-price works only with spot instances/],
    [{ spot: true, 'spot-price': 'cheap' }, /'cheap' is not a price/],
    [{ 'open-port': ['http'] }, /'http' is not PORT/],
    [{ 'open-port': ['99999'] }, /'99999' is not PORT/],
    [{ tag: ['swarmup:cluster=x'] }, /'swarmup:cluster' is not allowed as a tag of your own/],
    [{ 'allow-cidr': ['nowhere'] }, /nowhere/],
  ])('%j are refused', (given, message) => {
    expect(() => awsOptions(given)).toThrow(message);
  });

  it('take lists with commas as well as flags that are repeated', () => {
    const given = { 'open-port': ['80,443', '53/udp'], zone: ['a, b'], 'instance-type': ['t3.small,t3a.small'] };
    const { openPorts, zones, instanceTypes } = awsOptions(given);
    expect(openPorts.map(({ from }) => from)).toEqual([80, 443, 53]);
    expect([zones, instanceTypes]).toEqual([
      ['a', 'b'],
      ['t3.small', 't3a.small'],
    ]);
    expect(awsOptions({ 'allow-cidr': ['10.0.0.0/8,203.0.113.5/32'] }).allowed).toEqual([
      '10.0.0.0/8',
      '203.0.113.5/32',
    ]);
  });

  it('have several tags in one value, and values with commas', () => {
    expect(awsOptions({ tag: ['a=b,c=d'] }).tags).toEqual({ a: 'b', c: 'd' });
    expect(awsOptions({ tag: ['note=one, two', 'a=b=c'] }).tags).toEqual({ note: 'one, two', a: 'b=c' });
  });

  it('have tags in the form of docker-machine, too', () => {
    expect(awsOptions({ tag: ['team', 'web', 'stage', 'test'] }).tags).toEqual({ team: 'web', stage: 'test' });
  });
});

describe('user-data', () => {
  const host = awsIdentity('one');
  const textOf = (own: string | undefined): string => Buffer.from(userData(host, own), 'base64').toString();

  it('gives the host its name, its only ssh key, and lets our key in', () => {
    const text = textOf(undefined);
    expect(text).toMatch(/^#cloud-config\n/);
    const config = JSON.parse(text.replace('#cloud-config\n', '')) as Record<string, unknown>;
    expect(config).toMatchObject({
      hostname: 'one',
      ssh_deletekeys: true,
      ssh_keys: { ed25519_private: host.hostKey.privateKey, ed25519_public: host.hostKey.publicKey },
      ssh_authorized_keys: [host.authorizedKey.trim()],
    });
  });

  it.each([
    ['#!/bin/sh\necho', 'text/x-shellscript'],
    ['#cloud-config\nruncmd: []', 'text/cloud-config'],
    ['#cloud-boothook\n#!/bin/sh', 'text/cloud-boothook'],
    ['#include\nhttps://x', 'text/x-include-url'],
    ['## template: jinja\n#cloud-config', 'text/jinja2'],
    ['Content-Type: multipart/mixed; boundary="b"\n\n--b--\n', 'multipart/mixed; boundary="b"'],
  ])('of the user goes before ours: %s', (own, type) => {
    const text = textOf(own);
    expect(text.indexOf(`Content-Type: ${type}`)).toBeGreaterThan(0);
    expect(text.indexOf('ssh_keys')).toBeGreaterThan(text.indexOf(type));
    // The same host always gives the same: a launch is repeated with it.
    expect(textOf(own)).toBe(text);
  });

  it('that is long is compressed; what cloud-init would not know is refused', async () => {
    const long = userData(host, `#!/bin/sh\n${'# a long comment\n'.repeat(2_000)}`);
    expect(gunzipSync(Buffer.from(long, 'base64')).toString()).toContain('a long comment');
    expect(() => userData(host, 'hello')).toThrow(expect.objectContaining({ code: 'AWS_USER_DATA', exitCode: 2 }));
    await expect(ownUserData(awsOptions({ 'user-data': '/nonexistent/file' }))).rejects.toMatchObject({
      code: 'OPTION_INVALID',
      exitCode: 2,
    });
  });
});

describe('the endpoint of a region', () => {
  it.each([
    ['https://ec2.us-east-1.amazonaws.com', true],
    ['https://ec2.cn-north-1.amazonaws.com.cn', true],
    ['https://ec2.eu-west-1.api.aws', true],
    ['https://vpce-0a1b-abcd.ec2.us-east-1.vpce.amazonaws.com', false],
    ['http://127.0.0.1:5000', false],
    ['https://amazonaws.com.example.org', false],
  ])('%s is far from the hosts: %s', (endpoint, isFar) => {
    expect(isPublicEndpoint(endpoint)).toBe(isFar);
  });
});
