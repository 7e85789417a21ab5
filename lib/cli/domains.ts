/** The commands about whole domains: each asks the API once or twice and says what came. */
import { dirname, resolve } from 'node:path';
import { ApiClient } from '../api/client.ts';
import { CtrlIfError } from '../errors.ts';
import { conforming, readSource, toDomainConfig } from '../machine/config.ts';
import { memoryTarget, sysrqKey } from '../machine/config-schema.ts';
import { type ConfigFlags, fromFlags } from '../machine/flags.ts';
import type { DomainConfig, DomainEnd, DomainInfo, DomainState, ShutdownOptions } from '../machine/operations.ts';
import { type ClientOptions, done, tell, waitingFor } from './answer.ts';
import { deviceTable, withPath } from './devices.ts';
import { type Column, indented, paint, type Style, table } from './output.ts';

export interface CreateOptions extends ClientOptions {
  domain?: string;
  memory?: string;
  maxMemory?: string;
  vcpus?: string;
  disk?: string[];
  vif?: string[];
  usb?: string[];
  driver?: true;
  restart?: string;
  minimumRestart?: string;
  shutdownTimeout?: string;
}

/** The flag of each key that has another name than it. */
const FLAGS: Readonly<Record<string, string>> = {
  name: '--domain',
  maxMemory: '--max-memory',
  disks: '--disk',
  vifs: '--vif',
  usbs: '--usb',
  minimumRestartSeconds: '--minimum-restart',
  shutdownSeconds: '--shutdown-timeout',
};

export async function createCommand(
  file: string | undefined,
  command: readonly string[],
  { name, json, ...options }: CreateOptions,
): Promise<number> {
  const flags: ConfigFlags = {
    name: options.domain,
    command: command.length > 0 ? command : undefined,
    memory: options.memory,
    maxMemory: options.maxMemory,
    vcpus: options.vcpus,
    restart: options.restart,
    minimumRestartSeconds: options.minimumRestart,
    shutdownSeconds: options.shutdownTimeout,
    disks: options.disk,
    vifs: options.vif,
    usbs: options.usb,
    driver: options.driver,
  };
  const source = file === undefined ? undefined : await readSource(file);
  const config = withPaths(
    toDomainConfig(fromFlags(flags, (key) => FLAGS[key] ?? `--${key}`, source)),
    file,
    flags.disks,
  );
  const info = await waitingFor(`domain ${config.name} to start`, new ApiClient({ name }).create(config));
  return tell(json, info, () => [`${running(info)}${info.pid === undefined ? '' : `, process ${info.pid}`}`]);
}

/** Targets of a file are relative to its directory, those of options to the user's; the disks of options come last. */
function withPaths(config: DomainConfig, file: string | undefined, optional: readonly string[] = []): DomainConfig {
  const { disks } = config;
  if (!disks) return config;
  const fromFile = disks.length - optional.length;
  const directory = file === undefined ? process.cwd() : resolve(dirname(file));
  return { ...config, disks: disks.map((disk, i) => withPath(disk, i < fromFile ? directory : process.cwd())) };
}

export async function listCommand({ name, json }: ClientOptions): Promise<number> {
  const domains = await new ApiClient({ name }).list();
  return tell(json, domains, () => domainTable(domains));
}

export async function infoCommand(domain: string, { name, json }: ClientOptions): Promise<number> {
  const info = await new ApiClient({ name }).info(domain);
  return tell(json, info, () => describe(info));
}

export async function endCommand(
  domain: string,
  reason: ShutdownOptions['reason'],
  { name, json, timeout }: ClientOptions & { timeout?: number },
): Promise<number> {
  const asked = new ApiClient({ name }).shutdown(domain, { reason, ...(timeout !== undefined && { timeout }) });
  const end = await waitingFor(`domain ${domain} to ${reason === 'suspend' ? 'suspend' : 'end'}`, asked);
  return tell(json, end, () => ended(end));
}

export async function destroyCommand(domain: string, { name, json }: ClientOptions): Promise<number> {
  const end = await new ApiClient({ name }).destroy(domain);
  return tell(json, end, () => ended(end));
}

export async function resumeCommand(domain: string, { name, json }: ClientOptions): Promise<number> {
  const info = await waitingFor(`domain ${domain} to go on`, new ApiClient({ name }).resume(domain));
  return tell(json, info, () => [running(info)]);
}

export async function waitCommand(
  domain: string,
  state: DomainState | undefined,
  { name, json }: ClientOptions,
): Promise<number> {
  const what = `domain ${domain} to be ${state ?? 'at its end'}`;
  const result = await waitingFor(what, new ApiClient({ name }).wait(domain, state));
  return tell(json, result, () => ('how' in result ? ended(result) : [running(result)]));
}

export async function sysrqCommand(domain: string, key: string, { name, json }: ClientOptions): Promise<number> {
  conforming(sysrqKey, { value: { key }, where: () => 'sysrq' });
  await new ApiClient({ name }).sysrq(domain, key);
  return done(json, `domain ${domain} has got SysRq ${key}`);
}

export async function memorySetCommand(domain: string, target: number, { name, json }: ClientOptions): Promise<number> {
  conforming(memoryTarget, { value: { target }, where: () => 'memory-set' });
  const asked = new ApiClient({ name }).memorySet(domain, target);
  const memory = await waitingFor(`domain ${domain} to have ${target} MiB`, asked);
  return tell(json, memory, () => [`domain ${domain} has ${memory.reached} MiB of at most ${memory.maximum}`]);
}

/** The first `count` VCPUs on and the others off, as the field's tools have it. */
export async function vcpuSetCommand(domain: string, count: number, { name, json }: ClientOptions): Promise<number> {
  const machine = new ApiClient({ name });
  let { vcpus } = await machine.info(domain);
  if (count < 1 || count > vcpus.length) {
    const expected = `a number from 1 to ${vcpus.length}`;
    throw new CtrlIfError('ERR_CTRL_IF_CONFIG', `domain ${domain} cannot have ${count} VCPUs on; give ${expected}`, {
      expected,
      received: count,
    });
  }
  for (const [vcpu, isOn] of vcpus.entries()) {
    if (isOn !== vcpu < count) vcpus = await machine.vcpuSet(domain, vcpu, vcpu < count);
  }
  return tell(json, vcpus, () => [`domain ${domain} has ${onOf(vcpus)} VCPUs on`]);
}

const COLUMNS: readonly Column[] = [
  { title: 'NAME' },
  { title: 'DOMID', align: 'right' },
  { title: 'STATE' },
  { title: 'MIB', align: 'right' },
  { title: 'VCPUS', align: 'right' },
  { title: 'DEVICES', align: 'right' },
  { title: 'RESTARTS', align: 'right' },
  { title: 'PID', align: 'right' },
];

const STYLES: Partial<Record<DomainState, Style>> = { 'shutting-down': 'yellow', suspended: 'dim', dying: 'red' };

function domainTable(domains: readonly DomainInfo[]): string[] {
  const rows = domains.map(({ name, domid, state, memory, vcpus, devices, restarts, pid }) => {
    const counts = [String(devices.length), String(restarts), String(pid ?? '-')];
    const cells = [name, String(domid ?? '-'), state, String(memory.reached), onOf(vcpus), ...counts];
    const style = STYLES[state];
    return style ? { cells, style } : { cells };
  });
  return table(COLUMNS, rows);
}

function describe(info: DomainInfo): string[] {
  const { name, domid, pid, engine, state, memory, vcpus, restart, restarts, started, devices } = info;
  const facts: [string, string | number | undefined][] = [
    ['name', name],
    ['domid', domid],
    ['process', pid],
    ['engine', engine],
    ['state', state],
    ['memory', `${memory.reached} MiB of at most ${memory.maximum}, target ${memory.target} (${memory.state})`],
    ['vcpus', `${onOf(vcpus)} on (${vcpus.map((isOn) => (isOn ? 'on' : 'off')).join(', ')})`],
    ['restart', `${restart}, ${restarts} so far`],
    ['started', started === undefined ? undefined : new Date(started).toISOString()],
  ];
  const lines = facts.map(([what, value]) => `${paint('bold', what.padEnd(8))}  ${value ?? '-'}`);
  return devices.length === 0 ? lines : [...lines, '', ...deviceTable(devices)];
}

function running({ name, domid, state }: DomainInfo): string {
  return `domain ${paint('bold', name)} is ${state}${domid === undefined ? '' : ` as domid ${domid}`}`;
}

const ENDS: Record<DomainEnd['how'], string> = {
  poweroff: 'has powered off',
  reboot: 'has ended to be started again',
  suspend: 'is suspended',
  crash: 'has crashed',
  destroyed: 'was destroyed',
};

function ended({ name, how, exitCode, signal, lastWords }: DomainEnd): string[] {
  const by = signal ? ` (${signal})` : exitCode ? ` (exit code ${exitCode})` : '';
  const sentence = `domain ${paint('bold', name)} ${ENDS[how]}${by}`;
  return lastWords ? [`${sentence}; it said:`, ...indented(lastWords)] : [sentence];
}

function onOf(vcpus: readonly boolean[]): string {
  return `${vcpus.filter((isOn) => isOn).length}/${vcpus.length}`;
}
