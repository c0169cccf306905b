import { convertKeys, group, key } from './keys.js';
import { duration } from './deploy-keys.js';
import type { ServiceTarget } from './service-target.js';
import { count, flag, joined, list, text, type Keys } from './shape.js';

export interface Health {
  Healthcheck: Record<string, unknown>;
}

const healthField =
  (name: string) =>
  (value: unknown, { Healthcheck }: Health): void => {
    Healthcheck[name] = value;
  };

const healthKeys = {
  disable: key(flag('cast'), (disable: boolean, to: Health) => {
    if (disable) to.Healthcheck = { Test: ['NONE'] };
  }),
  test: key<string[], Health>(
    {
      read: (value, at) =>
        typeof value === 'string' ? ['CMD-SHELL', at.fill(value)] : list(text, { unique: false }).read(value, at),
      merge: joined,
    },
    healthField('Test'),
  ),
  interval: key(duration, healthField('Interval')),
  timeout: key(duration, healthField('Timeout')),
  start_period: key(duration, healthField('StartPeriod')),
  start_interval: key(duration, healthField('StartInterval')),
  retries: key(count('cast'), healthField('Retries')),
} satisfies Keys<Health>;

/** Errors: COMPOSE_INVALID when there is a test and none is wanted. */
export const healthcheck = key(group(healthKeys), (values, { container, fail }: ServiceTarget) => {
  if (values.disable === true && (values.test ?? []).length > 0)
    fail(
      ['healthcheck', 'disable'],
      'it has a test, but disable turns the test off',
      'leave out either the test or disable',
    );
  const to: Health = { Healthcheck: {} };
  if (values.disable === true) to.Healthcheck = { Test: ['NONE'] };
  else convertKeys(healthKeys, values, to);
  container.Healthcheck = to.Healthcheck;
});
