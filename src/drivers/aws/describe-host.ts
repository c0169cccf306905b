import type { Instance } from '@aws-sdk/client-ec2';
import type { HostDescription, HostStatus } from '../driver.js';
import type { AwsState } from './aws-state.js';

/** undefined: the host has no address. */
export function describeHost(instance: Instance, { launch }: AwsState): HostDescription | undefined {
  const { PrivateIpAddress, PublicIpAddress } = instance;
  if (launch === undefined || PrivateIpAddress === undefined) return undefined;
  const { user, port, by } = launch.ssh;
  const host = by === 'public' ? (PublicIpAddress ?? PrivateIpAddress) : PrivateIpAddress;
  return { ssh: { host, port, user }, engine: { host, port: 2376 }, privateAddresses: [PrivateIpAddress] };
}

export function statusOf(instance: Instance | undefined, state: AwsState): HostStatus {
  const id = state.instance ?? '';
  if (instance === undefined) {
    const detail = id === '' ? 'no instance was launched for the host' : `EC2 has no instance ${id}`;
    return { state: 'absent', detail };
  }
  switch (instance.State?.Name) {
    case 'running': {
      const description = describeHost(instance, state);
      return description === undefined ? { state: 'starting' } : { state: 'running', description };
    }
    case 'pending':
      return { state: 'starting' };
    // To start it again waits until it has stopped.
    case 'stopping':
    case 'stopped':
      return { state: 'stopped' };
    case 'shutting-down':
    case 'terminated':
    case undefined:
      return { state: 'absent', detail: endOf(instance) };
  }
}

function endOf({ InstanceId = '', StateReason, StateTransitionReason }: Instance): string {
  const reason = StateReason?.Message ?? StateTransitionReason ?? '';
  return `instance ${InstanceId} has ended${reason === '' ? '' : `: ${reason}`}`;
}
