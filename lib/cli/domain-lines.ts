/** The text of the commands about domains and devices. */
import { stripVTControlCharacters } from 'node:util';
import { DEVICE_CLASSES } from '../device/classes/index.ts';
import type { DeviceInfo, DomainEnd, DomainInfo, DomainState } from '../machine/operations.ts';
import { type Column, indented, paint, type Style, table } from './output.ts';

const DOMAIN_COLUMNS: readonly Column[] = [
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

export function domainTable(domains: readonly DomainInfo[]): string[] {
  const rows = domains.map(({ name, domid, state, memory, vcpus, devices, restarts, pid }) => {
    const counts = [String(devices.length), String(restarts), String(pid ?? '-')];
    const cells = [name, String(domid ?? '-'), state, String(memory.reached), onOf(vcpus), ...counts];
    const style = STYLES[state];
    return style ? { cells, style } : { cells };
  });
  return table(DOMAIN_COLUMNS, rows);
}

export function describe(info: DomainInfo): string[] {
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
  const lines = facts.map(([fact, value]) => `${paint('bold', fact.padEnd(8))}  ${value ?? '-'}`);
  return devices.length === 0 ? lines : [...lines, '', ...deviceTable(devices)];
}

export function running({ name, domid, state }: DomainInfo): string {
  return `domain ${paint('bold', name)} is ${state}${domid === undefined ? '' : ` as domid ${domid}`}`;
}

const ENDS: Record<DomainEnd['how'], string> = {
  poweroff: 'has powered off',
  reboot: 'has ended for a reboot',
  suspend: 'is suspended',
  crash: 'has crashed',
  destroyed: 'was destroyed',
};

export function ended({ name, how, exitCode, signal, lastWords }: DomainEnd): string[] {
  const by = signal ? ` (${signal})` : exitCode ? ` (exit code ${exitCode})` : '';
  const sentence = `domain ${paint('bold', name)} ${ENDS[how]}${by}`;
  return lastWords ? [`${sentence}; its last output:`, ...indented(lastWords)] : [sentence];
}

export function onOf(vcpus: readonly boolean[]): string {
  return `${vcpus.filter((isOn) => isOn).length}/${vcpus.length}`;
}

const DEVICE_COLUMNS: readonly Column[] = [
  { title: 'CLASS' },
  { title: 'HANDLE', align: 'right' },
  { title: 'ID' },
  { title: 'STATE' },
  { title: 'BACKEND', align: 'right' },
  { title: 'PORTS' },
  { title: 'FRAMES' },
];

/** The columns of a device class are shown if a device of the list has a value for one of them. */
export function deviceTable(devices: readonly DeviceInfo[]): string[] {
  const isShown = (key: string) => devices.some((device) => key in device);
  const own = DEVICE_CLASSES.flatMap(({ columns }): readonly string[] => (columns.some(isShown) ? columns : []));
  const rows = devices.map((device) => {
    const { class: className, handle, id, state, refused, backend, ports, frames } = device;
    return {
      cells: [
        className,
        String(handle),
        id,
        refused ? `${state} ${refused}` : state,
        // No backend has the device yet.
        state === 'WAITING' ? '-' : String(backend),
        ports ? `${ports.frontend}-${ports.backend}` : '-',
        frames?.join(',') || '-',
        ...own.map((key) => stripVTControlCharacters(String(device[key as keyof DeviceInfo] ?? '-'))),
      ],
    };
  });
  return table([...DEVICE_COLUMNS, ...own.map((key) => ({ title: key.toUpperCase() }))], rows);
}
