import type { DeviceClass, DeviceKey } from '../device/class.ts';
import type { DeviceConfig, DomainDevices } from './domain-devices.ts';
import type { DomainReference } from './operations.ts';

/** Runs an operation. The arguments conform to its table. */
export type Run = (...given: unknown[]) => Promise<unknown>;

/** The functions that run the operations of all device classes, by the name of the operation. */
export function deviceRuns(
  classes: readonly DeviceClass[],
  devicesOf: (domain: DomainReference) => DomainDevices,
): ReadonlyMap<string, Run> {
  return new Map(
    classes.flatMap((deviceClass) => runsOf(deviceClass, (domain) => devicesOf(domain as DomainReference))),
  );
}

function runsOf(deviceClass: DeviceClass, devicesOf: (domain: unknown) => DomainDevices): (readonly [string, Run])[] {
  const { name, run = {} } = deviceClass;
  const own = Object.entries(run).map(([operation, action]): [string, Run] => [
    operation,
    async (domain, ...given) => action(devicesOf(domain).classDevices(deviceClass), ...given),
  ]);
  return [
    [`${name}Attach`, async (domain, config) => devicesOf(domain).attach(deviceClass, config as DeviceConfig)],
    [`${name}Detach`, async (domain, key) => devicesOf(domain).detach(deviceClass, key as DeviceKey)],
    ...own,
  ];
}
