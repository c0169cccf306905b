import { command, type ErrorArea } from './error-entry.js';

export const virtualboxErrors = {
  ADDRESSES_EXHAUSTED: {
    exits: [3],
    meaning: 'The host-only network has no address left.',
    remedy: 'Take another network with `--virtualbox-hostonly-cidr`, or remove hosts.',
    values: { network: '192.168.56.0/24' },
  },
  CLOUD_CONFIG_INVALID: {
    exits: [2],
    meaning: 'The cloud-config file cannot be read or has a mistake.',
    remedy: 'Correct the file at the place in the message.',
    values: { path: 'cloud.yaml', why: 'its first line has to be #cloud-config' },
  },
  DOWNLOAD_FAILED: {
    exits: [1],
    meaning: 'An image could not be downloaded.',
    remedy: `Run the same command again, which goes on where it stopped, or import a file with ${command`image import disk.qcow2 --name debian`}.`,
    values: {
      url: 'https://cloud.debian.org/images/cloud/trixie/latest/SHA512SUMS',
      reason: 'getaddrinfo ENOTFOUND cloud.debian.org',
    },
  },
  FOLDER_LEFT: {
    exits: [1],
    meaning: 'The virtual machine is gone, but its folder could not be removed.',
    remedy: 'Remove the folder yourself.',
    values: { folder: '/home/me/VirtualBox VMs/agent1' },
  },
  FOLDER_UNUSABLE: {
    exits: [3],
    meaning: 'The folder for virtual machines cannot be made.',
    remedy: 'Name another one with `--virtualbox-folder`.',
    values: {
      folder: '/home/me/VirtualBox VMs/agent1',
      reason: "EACCES: permission denied, mkdir '/home/me/VirtualBox VMs/agent1'",
    },
  },
  HOSTONLY_FORBIDDEN: {
    exits: [3],
    meaning: 'VirtualBox or the system does not allow the range of the host-only network.',
    remedy: 'Take a range that is allowed with `--virtualbox-hostonly-cidr`.',
  },
  HOSTONLY_MISSING: {
    exits: [1],
    meaning: 'The host-only network of the machine was removed.',
    remedy: `Make it again with ${command`start agent1`}.`,
    example: "VBoxManage startvm agent1: Nonexistent host networking interface, name 'vboxnet3'",
  },
  HOSTONLY_UNAVAILABLE: {
    exits: [3],
    meaning: 'Host-only networks cannot be made because the kernel module vboxnetadp is not loaded.',
    remedy: 'Load it with sudo modprobe vboxnetadp.',
  },
  IMAGE_DIGEST_MISMATCH: {
    exits: [1],
    meaning: 'The downloaded image is not the one whose checksum was published.',
    remedy: 'Try again; if it stays so, do not use the image.',
    example: 'https://example.org/debian-13.qcow2 is not what it should be: its sha512 is 0f3c…, not 9a41…',
  },
  IMAGE_FILE_MISSING: {
    exits: [2],
    meaning: 'The image file is not there.',
    remedy: 'Check the path.',
    values: { path: 'disk.qcow2' },
  },
  IMAGE_UNSUPPORTED: {
    exits: [3],
    meaning: 'The format of the image cannot be used.',
    remedy: 'Convert it with qemu-img, or install qemu-img.',
    values: { source: 'disk.qcow2', why: 'it is encrypted' },
  },
  KERNEL_MODULE_MISSING: {
    exits: [3],
    meaning: 'The kernel module of VirtualBox is not loaded.',
    remedy: 'Load it with sudo modprobe vboxdrv, or build it as the hint says.',
    values: { warning: 'The vboxdrv kernel module is not loaded' },
  },
  LOCALE_MISSING: {
    exits: [3],
    meaning:
      'VBoxManage cannot read a name or path with letters that are not ASCII, because a UTF-8 locale is missing.',
    remedy: 'Install the locale C.UTF-8.',
  },
  MEMORY_LOW: {
    exits: [0],
    meaning: 'The hosts need more memory than is free now.',
    remedy: 'Give the hosts less with `--virtualbox-memory`, or stop others.',
    example: '3 hosts need 6144 MiB of memory, 4011 are free',
  },
  MEMORY_SHORT: {
    exits: [3],
    meaning: 'The computer does not have the memory that the hosts need.',
    remedy: 'Give the hosts less with `--virtualbox-memory`, or stop others.',
    example: '3 hosts need 24576 MiB of memory, this computer has 16000',
  },
  PORTS_EXHAUSTED: {
    exits: [3],
    meaning: 'No port of 127.0.0.1 is free for ssh to a new host.',
    remedy: 'Remove hosts that are not needed.',
    values: { ports: '22200 to 22699' },
  },
  SHARE_UNUSABLE: {
    exits: [2],
    meaning: 'The folder that is to be shared with the host cannot be read.',
    remedy: 'Check the path given to `--virtualbox-share-folder`.',
    values: { path: '/home/me/src', reason: "ENOENT: no such file or directory, scandir '/home/me/src'" },
  },
  STOP_TIMEOUT: {
    exits: [1],
    meaning: 'The virtual machine did not shut down in time.',
    remedy: `Cut its power with ${command`kill agent1`}.`,
    values: { seconds: '120' },
  },
  UI_MISSING: {
    exits: [3],
    meaning: 'The windows of VirtualBox are not installed.',
    remedy: 'Install them, or use `--virtualbox-ui-type` headless.',
  },
  VBOXSVC_GONE: {
    exits: [1],
    meaning: 'The service of VirtualBox does not answer.',
    remedy: 'End a VBoxSVC process that hangs, then try again.',
  },
  VBOX_ANSWER_CUT: {
    exits: [1],
    meaning: 'An answer of VBoxManage ends in the middle.',
    remedy: 'Run the command of the message in a terminal and see what it says.',
    values: { what: 'VBoxManage list --long vms' },
  },
  VBOX_FAILED: {
    exits: [1, 3],
    meaning: 'VBoxManage failed in a way that swarmup does not know.',
    remedy: 'Read what VBoxManage says in the message.',
    example: 'VBoxManage modifyvm agent1: it ended with exit status 1',
  },
  VIRTUALBOX_BROKEN: {
    exits: [3],
    meaning: 'VBoxManage does not tell its version.',
    remedy: 'Install VirtualBox anew.',
    values: { said: 'Bus error' },
  },
  VIRTUALBOX_FOUND: {
    exits: [0],
    meaning: 'The driver virtualbox has found VirtualBox.',
    remedy: 'Nothing needs to be done.',
    example: 'VirtualBox 7.1.4 (/usr/bin/VBoxManage)',
  },
  VIRTUALBOX_MISSING: {
    exits: [1, 3],
    meaning: 'VirtualBox is not installed, or VBoxManage cannot be run.',
    remedy: 'Install VirtualBox 7.0 to 7.2, or put its folder on PATH.',
  },
  VIRTUALBOX_NEW: {
    exits: [0],
    meaning: 'VirtualBox is newer than the versions that were tried.',
    remedy: 'Nothing needs to be done unless something fails.',
    values: { text: '8.0.2' },
  },
  VIRTUALBOX_OLD: {
    exits: [3],
    meaning: 'VirtualBox is too old.',
    remedy: 'Upgrade it to 7.0 to 7.2.',
    values: { text: '6.1.50' },
  },
  VM_BUSY: {
    exits: [1],
    meaning: 'VirtualBox is just starting or stopping the machine.',
    remedy: 'Try again when it is done.',
    example: 'VBoxManage startvm agent1: Invalid machine state: PoweredOff',
  },
  VM_INACCESSIBLE: {
    exits: [1],
    meaning: 'The settings file of the virtual machine cannot be read.',
    remedy: 'Repair or remove the machine in VirtualBox.',
  },
  VM_LEFT: {
    exits: [1],
    meaning: 'VirtualBox still knows the virtual machine after its removal.',
    remedy: 'See what VBoxManage showvminfo says, then run the same command again.',
    values: { vm: 'agent1' },
  },
  VM_LOCKED: {
    exits: [1],
    meaning: 'Another program works on the virtual machine.',
    remedy: 'Close its windows in VirtualBox, then try again.',
    example: "VBoxManage modifyvm agent1: The machine 'agent1' is already locked for a session",
  },
  VM_NOT_RUNNING: {
    exits: [1],
    meaning: 'The virtual machine does not run.',
    remedy: `Start it with ${command`start agent1`}.`,
    example: "VBoxManage controlvm agent1 acpipowerbutton: Machine 'agent1' is not currently running",
  },
  VM_OF_OTHER_USER: {
    exits: [3],
    meaning: 'The virtual machine was made by another user of this computer.',
    remedy: 'Run swarmup as that user.',
    values: { uid: '1000' },
  },
  VM_UNKNOWN: {
    exits: [1],
    meaning: 'VirtualBox does not know the virtual machine.',
    remedy: `Make the host again with ${command`create agent1`}, or forget it with ${command`rm agent1`}.`,
    example: "VBoxManage showvminfo agent1: Could not find a registered machine named 'agent1'",
  },
  VM_UNREGISTERED: {
    exits: [1],
    meaning: 'The machine was taken out of VirtualBox, but its files are still there.',
    remedy: `Bring it back with VBoxManage registervm, or remove it with ${command`rm --force agent1`}.`,
    values: { folder: '/home/me/VirtualBox VMs/agent1' },
  },
  VTX_BUSY: {
    exits: [0],
    meaning: 'KVM runs machines, so VirtualBox may not get VT-x or AMD-V.',
    remedy: 'End these machines, or unload the module of KVM.',
    values: { module: 'kvm_intel' },
  },
  VTX_UNAVAILABLE: {
    exits: [3],
    meaning: "VirtualBox does not get the processor's support for virtual machines.",
    remedy: 'Turn on VT-x or AMD-V in the firmware, and end other hypervisors.',
    example:
      'VBoxManage startvm agent1: VT-x is disabled in the BIOS for all CPU modes (VERR_VMX_MSR_ALL_VMX_DISABLED)',
  },
} satisfies ErrorArea;
