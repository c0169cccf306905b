/** The settings and their purpose; each is the default of the flag of `create` with the same name. */
export const settingTexts = {
  driver: 'driver of new hosts if neither --driver nor SWARMUP_DRIVER names one',
  'engine-version': 'Docker Engine to install on new hosts',
  'default-addr-pool': 'subnets for overlay networks of a new swarm',
} as const;

export type SettingKey = keyof typeof settingTexts;

export const settingKeys = Object.keys(settingTexts) as readonly SettingKey[];

/** Environment variables that win over a setting. */
export const settingVariables: Readonly<Partial<Record<SettingKey, string>>> = { driver: 'SWARMUP_DRIVER' };
