/**
 * What an operator can do to a machine: the one list that the controller's machine carries out, the API offers over
 * HTTP, and the command line asks for. Shapes only. A domain is named by its name or its domid.
 */
import type { EngineName } from '../page/page.ts';

export type DomainReference = string | number;

/** What to run as a domain, as in its file. */
export interface DomainConfig {
  /** 1 to 64 letters, digits, `-`, `_` and `.`; no other domain's. */
  name: string;
  /** The program that becomes the guest, and its arguments; default: the guest that comes with ctrl-if. */
  command?: readonly string[];
  /**
   * It runs backends, which devices have that name none. Default: false; the first of a machine is its driver domain, and the
   * guest that comes with ctrl-if runs all three backends then.
   */
  driver?: boolean;
  /** Memory target and maximum in MiB (1 MiB = 256 frames of 4 KiB); default 8, and the maximum the same. */
  memory?: number;
  maxMemory?: number;
  /** 1 to 32, the number of its virtual processors; default 1. */
  vcpus?: number;
  disks?: readonly DiskConfig[];
  vifs?: readonly VifConfig[];
  usbs?: readonly UsbConfig[];
  /**
   * When the domain has ended: start it again always, which goes on while it cannot be started, only when it asked for a reboot
   * (default), or never.
   */
  restart?: 'always' | 'on-reboot' | 'never';
  /** Seconds that must lie between two starts of it; default 20. */
  minimumRestartSeconds?: number;
  /** Seconds from an orderly shutdown's request to the domain's destruction; default 30. */
  shutdownSeconds?: number;
}

export interface DiskConfig {
  /** The domain that serves it; default: the machine's driver domain. */
  backend?: DomainReference;
  /**
   * What the backend is to serve, opaque to the machine. The driver domain that comes with ctrl-if takes it for the path of a file or
   * a device, relative to the machine's working directory; the command line makes it absolute before it asks.
   */
  target: string;
  /** The device number in the guest, as in `blkif_be_vbd_create_t`. */
  vdevice: number;
  /** Default `w`. */
  mode?: 'r' | 'w';
}

export interface VifConfig {
  backend?: DomainReference;
  /** `xx:xx:xx:xx:xx:xx`; default: a random one of Xen's, 00:16:3e:.... */
  mac?: string;
  /** Bytes in each interval of so many microseconds; default: no limit. */
  credit?: { bytes: number; microseconds: number };
}

export interface UsbConfig {
  backend?: DomainReference;
  /** The port's path at the backend, at most 15 characters. */
  path: string;
}

export type DomainState =
  | 'starting'
  | 'running'
  | 'shutting-down'
  | 'suspended'
  | 'dying'
  /** It has ended, and a restart is due. */
  | 'waiting';

export interface DomainInfo {
  name: string;
  /** Undefined until it is connected, and while it waits for a restart. */
  domid?: number;
  pid?: number;
  engine?: EngineName;
  state: DomainState;
  memory: MemoryInfo;
  /** For each VCPU whether it is on. */
  vcpus: readonly boolean[];
  devices: readonly DeviceInfo[];
  restart: NonNullable<DomainConfig['restart']>;
  restarts: number;
  /** Milliseconds since the epoch. */
  started?: number;
}

/** MiB. `state`: `resizing` is understood and under way; what follows it says how it ended. */
export interface MemoryInfo {
  target: number;
  reached: number;
  maximum: number;
  state: 'none' | 'idle' | 'resizing' | 'done' | 'maximum' | 'in-use' | 'no-space' | 'failed';
}

export const DEVICE_CLASSES = ['block', 'network', 'usb'] as const;
export type DeviceClass = (typeof DEVICE_CLASSES)[number];

export interface DeviceInfo {
  class: DeviceClass;
  /** The interface's handle, and below it the disk's vdevice, the vif's MAC, the port's path. */
  handle: number;
  id: string;
  frontend: number;
  backend: number;
  /** As the relay has it; WAITING without one, REFUSED where its backend has not this part of it. */
  state: string;
  /** The status that it was refused with. */
  refused?: string;
  /** Of a disk: what its backend is to serve, and whether it may be written. */
  target?: string;
  mode?: 'r' | 'w';
  /** Once connected: the frames that the frontend offered and the ports of the two ends. */
  frames?: readonly number[];
  ports?: { readonly frontend: number; readonly backend: number };
  [detail: string]: unknown;
}

export interface ShutdownOptions {
  reason: 'poweroff' | 'reboot' | 'suspend';
  /**
   * Seconds until a domain that has not ended is destroyed, and one that has not suspended is left to run on; default: its
   * configuration's. 0: never.
   */
  timeout?: number;
}

/** How a domain has ended. */
export interface DomainEnd {
  name: string;
  how: 'poweroff' | 'reboot' | 'suspend' | 'crash' | 'destroyed';
  exitCode?: number | null;
  signal?: string | null;
  /** The end of what a domain that has crashed said on standard error, or why it could not be started again. */
  lastWords?: string;
}

/** Something that happened, for who watches: every message between two domains, every change of a domain or a device. */
export interface MachineEvent {
  /** Milliseconds since the machine began. */
  at: number;
  kind: 'message' | 'domain' | 'device';
  /** Domids, 0 being the controller; of a device, its frontend and its backend. */
  from?: number;
  to?: number;
  /** The message's, the domain's, or the device's class and handle. */
  name: string;
  /** What a message says, in words: `CONNECTED handle 0 evtchn 1 domid 1`. Of a domain that has crashed, its last words. */
  says?: string;
  /** A request has none, its response has its status or `answered`; a domain's or a device's new state. */
  result?: string;
  /** A message as JSON has it, with the id that it has on its ring. */
  message?: import('../wire/json.ts').JsonMessage;
}

export interface WaitOptions {
  /** Gives the wait up with `ERR_CTRL_IF_ABORTED`. */
  signal?: AbortSignal;
}

export interface ConsoleOptions {
  /**
   * Seconds. With it the stream ends by itself once its writing side was ended: when all that was written has its answer, or, of a
   * guest that does not say when it has, when that has been silent for so long. Without it: with the domain, however it was ended.
   */
  linger?: number;
}

/** In place of events that a watcher was too slow for: they were the oldest that waited. */
export interface LostEvents {
  kind: 'lost';
  count: number;
}

/** Rejections are `CtrlIfError`s, whose code is stable. */
export interface MachineOperations {
  /** Starts the domain and attaches its devices; resolves when it is connected. */
  create(config: DomainConfig): Promise<DomainInfo>;
  list(): Promise<readonly DomainInfo[]>;
  info(domain: DomainReference): Promise<DomainInfo>;
  /** Asks it to end; resolves when it has. With `suspend`: when it is suspended, or rejects when it has not in time. */
  shutdown(domain: DomainReference, options: ShutdownOptions): Promise<DomainEnd>;
  /** Presses a SysRq key. Of `b`, `c` and `o`, which end a domain at once, its end is as good as its answer. */
  sysrq(domain: DomainReference, key: string): Promise<void>;
  /** Takes it away at once. */
  destroy(domain: DomainReference): Promise<DomainEnd>;
  resume(domain: DomainReference): Promise<DomainInfo>;
  /** Resolves when the domain has ended, or is in `state`. */
  wait(domain: DomainReference, state?: DomainState, options?: WaitOptions): Promise<DomainEnd | DomainInfo>;
  /** MiB. Resolves when the size is reached; rejects with what was reached when it cannot be. */
  memorySet(domain: DomainReference, target: number): Promise<MemoryInfo>;
  vcpuSet(domain: DomainReference, vcpu: number, on: boolean): Promise<readonly boolean[]>;
  blockAttach(domain: DomainReference, disk: DiskConfig): Promise<DeviceInfo>;
  blockDetach(domain: DomainReference, vdevice: number): Promise<void>;
  networkAttach(domain: DomainReference, vif: VifConfig): Promise<DeviceInfo>;
  networkDetach(domain: DomainReference, handle: number): Promise<void>;
  networkLimit(domain: DomainReference, handle: number, credit: VifConfig['credit'] | undefined): Promise<void>;
  usbAttach(domain: DomainReference, usb: UsbConfig): Promise<DeviceInfo>;
  usbDetach(domain: DomainReference, path: string): Promise<void>;
  devices(domain: DomainReference, of?: DeviceClass): Promise<readonly DeviceInfo[]>;
  /** What it has written while nobody listened (at most 64 KiB), then what it writes; what is written goes to it. */
  console(domain: DomainReference, options?: ConsoleOptions): Promise<import('node:stream').Duplex>;
  /** Everything that happens from now on, until the iterator is returned. A slow reader loses the oldest, and is told how many. */
  watch(): AsyncIterable<MachineEvent | LostEvents>;
}
