import { expect, it } from 'vitest';
import { openEc2 } from '../../../src/drivers/aws/ec2-client.js';

it('an endpoint that is no URL is refused before anything is asked', async () => {
  const access = { region: 'us-east-1', profile: undefined, endpoint: 'localhost' };
  await expect(openEc2(access)).rejects.toMatchObject({ code: 'OPTION_INVALID', exitCode: 2 });
});
