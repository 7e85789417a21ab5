/** The API's routes: one table for the server, the OpenAPI description and the tests. */
import {
  credit,
  disk,
  domainConfig,
  MAX_VCPUS,
  memoryTarget,
  seconds,
  sysrqKey,
  usb,
  vif,
} from '../machine/config-schema.ts';
import type {
  DeviceClass,
  DiskConfig,
  DomainReference,
  DomainState,
  MachineOperations,
  ShutdownOptions,
  UsbConfig,
  VifConfig,
} from '../machine/operations.ts';
import type { Schema } from '../machine/schema.ts';
import { deviceClass, deviceInfo, domainEnd, domainInfo, domainState, memoryInfo, vcpus } from './reply-schema.ts';

/** A request whose parts conform to the route's schemas. */
export interface ApiRequest {
  /** Of routes below `/domains/{domain}`. */
  domain: DomainReference;
  /** The other parameters of path and query. */
  parameters: Readonly<Record<string, string | number | undefined>>;
  body: unknown;
  /** Fires when the client has gone before its answer. */
  signal: AbortSignal;
}

export interface Route {
  /** OpenAPI's operationId: the operation's name. */
  id: string;
  method: 'get' | 'post' | 'put' | 'delete';
  /** As in OpenAPI: `/domains/{domain}`. */
  path: string;
  summary: string;
  /** Those of the path but `domain`. */
  inPath?: Readonly<Record<string, Schema>>;
  query?: Readonly<Record<string, Schema>>;
  body?: Schema;
  /** None: 204. */
  response?: Schema;
  status: 200 | 201 | 204;
  run(machine: MachineOperations, request: ApiRequest): Promise<unknown>;
}

const number16: Schema = { type: 'integer', minimum: 0, maximum: 0xffff };
const handle: Schema = { type: 'integer', minimum: 0, maximum: 0xffff_ffff };

export const routes: readonly Route[] = [
  {
    id: 'list',
    method: 'get',
    path: '/domains',
    summary: 'Every domain.',
    response: { type: 'array', items: domainInfo },
    status: 200,
    run: (machine) => machine.list(),
  },
  {
    id: 'create',
    method: 'post',
    path: '/domains',
    summary: 'Start a domain and attach its devices; answered when it is connected.',
    body: domainConfig,
    response: domainInfo,
    status: 201,
    // Read by toDomainConfig, which knows more than the schema.
    run: (machine, { body }) => machine.create(body as Parameters<MachineOperations['create']>[0]),
  },
  {
    id: 'info',
    method: 'get',
    path: '/domains/{domain}',
    summary: 'One domain.',
    response: domainInfo,
    status: 200,
    run: (machine, { domain }) => machine.info(domain),
  },
  {
    id: 'destroy',
    method: 'delete',
    path: '/domains/{domain}',
    summary: 'Take a domain away at once.',
    response: domainEnd,
    status: 200,
    run: (machine, { domain }) => machine.destroy(domain),
  },
  {
    id: 'shutdown',
    method: 'post',
    path: '/domains/{domain}/shutdown',
    summary:
      'Ask a domain to end or suspend; answered when it has. After `timeout` seconds (0: never) one that has not ended is destroyed, one that has not suspended runs on.',
    body: {
      type: 'object',
      title: 'a reason, and a timeout if it is not to be that of the configuration',
      additionalProperties: false,
      required: ['reason'],
      properties: { reason: { type: 'string', enum: ['poweroff', 'reboot', 'suspend'] }, timeout: seconds },
    },
    response: domainEnd,
    status: 200,
    run: (machine, { domain, body }) => machine.shutdown(domain, body as ShutdownOptions),
  },
  {
    id: 'resume',
    method: 'post',
    path: '/domains/{domain}/resume',
    summary: 'Let a suspended domain go on.',
    response: domainInfo,
    status: 200,
    run: (machine, { domain }) => machine.resume(domain),
  },
  {
    id: 'sysrq',
    method: 'post',
    path: '/domains/{domain}/sysrq',
    summary: 'Press a key with SysRq.',
    body: sysrqKey,
    status: 204,
    run: (machine, { domain, body }) => machine.sysrq(domain, (body as { key: string }).key),
  },
  {
    id: 'wait',
    method: 'get',
    path: '/domains/{domain}/wait',
    summary: 'Answered when the domain has ended, or is in `state`.',
    query: { state: domainState },
    response: { anyOf: [domainEnd, domainInfo] },
    status: 200,
    run: (machine, { domain, parameters, signal }) =>
      machine.wait(domain, parameters.state as DomainState | undefined, { signal }),
  },
  {
    id: 'memorySet',
    method: 'put',
    path: '/domains/{domain}/memory',
    summary: 'Set the memory target, in MiB; answered when it is reached.',
    body: memoryTarget,
    response: memoryInfo,
    status: 200,
    run: (machine, { domain, body }) => machine.memorySet(domain, (body as { target: number }).target),
  },
  {
    id: 'vcpuSet',
    method: 'put',
    path: '/domains/{domain}/vcpus/{vcpu}',
    summary: 'Turn a virtual processor on or off.',
    inPath: { vcpu: { type: 'integer', minimum: 0, maximum: MAX_VCPUS - 1 } },
    body: {
      type: 'object',
      title: 'whether it is to be on',
      additionalProperties: false,
      required: ['on'],
      properties: { on: { type: 'boolean' } },
    },
    response: vcpus,
    status: 200,
    run: (machine, { domain, parameters, body }) =>
      machine.vcpuSet(domain, parameters.vcpu as number, (body as { on: boolean }).on),
  },
  {
    id: 'devices',
    method: 'get',
    path: '/domains/{domain}/devices',
    summary: 'The devices of a domain.',
    query: { class: deviceClass },
    response: { type: 'array', items: deviceInfo },
    status: 200,
    run: (machine, { domain, parameters }) => machine.devices(domain, parameters.class as DeviceClass | undefined),
  },
  {
    id: 'blockAttach',
    method: 'post',
    path: '/domains/{domain}/disks',
    summary: 'Attach a disk; answered when it is connected.',
    body: disk,
    response: deviceInfo,
    status: 201,
    run: (machine, { domain, body }) => machine.blockAttach(domain, body as DiskConfig),
  },
  {
    id: 'blockDetach',
    method: 'delete',
    path: '/domains/{domain}/disks/{vdevice}',
    summary: 'Take a disk away.',
    inPath: { vdevice: number16 },
    status: 204,
    run: (machine, { domain, parameters }) => machine.blockDetach(domain, parameters.vdevice as number),
  },
  {
    id: 'networkAttach',
    method: 'post',
    path: '/domains/{domain}/vifs',
    summary: 'Attach a network interface; answered when it is connected.',
    body: vif,
    response: deviceInfo,
    status: 201,
    run: (machine, { domain, body }) => machine.networkAttach(domain, body as VifConfig),
  },
  {
    id: 'networkDetach',
    method: 'delete',
    path: '/domains/{domain}/vifs/{handle}',
    summary: 'Take a network interface away.',
    inPath: { handle },
    status: 204,
    run: (machine, { domain, parameters }) => machine.networkDetach(domain, parameters.handle as number),
  },
  {
    id: 'networkLimit',
    method: 'put',
    path: '/domains/{domain}/vifs/{handle}/credit',
    summary: 'Limit the rate of a network interface.',
    inPath: { handle },
    body: credit,
    status: 204,
    run: (machine, { domain, parameters, body }) =>
      machine.networkLimit(domain, parameters.handle as number, body as VifConfig['credit']),
  },
  {
    id: 'networkUnlimit',
    method: 'delete',
    path: '/domains/{domain}/vifs/{handle}/credit',
    summary: 'Lift the limit of a network interface.',
    inPath: { handle },
    status: 204,
    run: (machine, { domain, parameters }) => machine.networkLimit(domain, parameters.handle as number, undefined),
  },
  {
    id: 'usbAttach',
    method: 'post',
    path: '/domains/{domain}/usbs',
    summary: 'Attach a USB port; answered when it is connected.',
    body: usb,
    response: deviceInfo,
    status: 201,
    run: (machine, { domain, body }) => machine.usbAttach(domain, body as UsbConfig),
  },
  {
    id: 'usbDetach',
    method: 'delete',
    path: '/domains/{domain}/usbs/{path}',
    summary: 'Take a USB port away.',
    inPath: { path: usb.properties.path },
    status: 204,
    run: (machine, { domain, parameters }) => machine.usbDetach(domain, parameters.path as string),
  },
];

/** Routes that are streams and answered elsewhere. */
export const EVENTS_PATH = '/events';
export const OPENAPI_PATH = '/openapi.json';
export const CONSOLE_PATH = '/domains/{domain}/console';
export const SWITCH_PATH = '/switch';
export const CONSOLE_QUERY: Readonly<Record<string, Schema>> = {
  linger: {
    ...seconds,
    description:
      'With it, the end of what you write is the end of what you type: the console ends when the guest has answered all of it, or, of a guest that does not say so, after so many seconds without a word.',
  },
};
export const CONSOLE_PROTOCOL = 'ctrl-if-console';
export const SWITCH_PROTOCOL = 'ctrl-if-switch';

/** What a request at these paths asks to be upgraded to. */
export const UPGRADES: ReadonlyMap<string, string> = new Map([
  [CONSOLE_PATH, CONSOLE_PROTOCOL],
  [SWITCH_PATH, SWITCH_PROTOCOL],
]);
