import { readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';

/** Recorded texts lie beside the program. */
const folder = (): string => join(dirname(realpathSync(process.argv[1] ?? '')), 'texts');

/** A text as the real tool printed it. */
export const recordedText = (name: string): string => readFileSync(join(folder(), `${name}.txt`), 'utf8');

export const version = '7.2.22_Debian';
export const revision = '175245';

export const header = `Oracle VirtualBox Command Line Management Interface Version ${version}
Copyright (C) 2005-2026 Oracle and/or its affiliates

`;

/** Headings above the usage of a command. */
const titles: Readonly<Record<string, string>> = {
  list: 'View system information and VM configuration details',
  showvminfo: 'Show configuration or log file for a virtual machine',
  registervm: 'Register a virtual machine',
  unregistervm: 'Unregister a virtual machine',
  createvm: 'Create a new virtual machine',
  modifyvm: 'Change settings for a virtual machine that is stopped',
  snapshot: 'Manage virtual machine snapshots',
  clonevm: 'Create a clone of an existing virtual machine',
  startvm: 'Start a virtual machine',
  controlvm: 'Change state and settings for a running virtual machine',
  sharedfolder: 'Add and remove shared folders',
  dhcpserver: 'DHCP server management',
  discardstate: 'Discard the saved state of a virtual machine',
  adoptstate: "Change a virtual machine's state based on a saved state file",
  closemedium: 'Remove a hard disk, DVD, or floppy image from the media registry',
  storageattach: 'Attach, remove, and modify storage media used by a virtual machine',
  storagectl: 'Manage a storage controller',
  showmediuminfo: 'Show information about a virtual hard disk, DVD, or floppy disk image',
  createmedium: 'Create a new medium',
  modifymedium: 'Change the characteristics of an existing disk, DVD, or floppy image',
  clonemedium: 'Create a clone of a medium',
  mediumproperty: 'Manage medium properties',
  convertfromraw: 'Convert a raw disk image to a virtual disk image',
  setextradata: 'Set a keyword value that is associated with a virtual machine or configuration',
  getextradata: 'View keyword values that are associated with a virtual machine or configuration',
  guestproperty: 'Manage virtual machine guest properties',
  natnetwork: 'Create, modify, and manage a NAT network',
  hostonlyif: 'Manage host-only network interfaces',
};

/** Usage lines of a command as recorded: one paragraph per form. */
export function usageForms(command: string): readonly string[] {
  return recordedText('usage')
    .split(/\n\n+/)
    .filter((paragraph) => paragraph.startsWith(`  VBoxManage ${command} `));
}

/** What stands below a syntax error. */
export function usageOf(command: string, forms: readonly string[] = usageForms(command)): string {
  return `Usage - ${titles[command] ?? command}:\n\n${forms.map((form) => form.trimEnd()).join('\n\n')}\n`;
}
