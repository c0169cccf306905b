/** What the commands about hosts without a record share. */
export const anyOwnerFlag = {
  type: 'boolean',
  description: 'also what other stores made, whose hosts may be in use',
} as const;

export const driverOfOrphans = {
  type: 'string',
  description: 'ask only this driver',
  value: 'NAME',
  names: 'drivers',
} as const;
