import { describe, expect, it } from 'vitest';
import { UsbBackend } from '../../lib/device/classes/usb/backend.ts';
import { type PortEvent, type PortState, USB_PORT } from '../../lib/device/classes/usb/port-table.ts';
import { type UsbPort, UsbPorts } from '../../lib/device/classes/usb/ports.ts';
import { USB } from '../../lib/device/classes/usb/wire.ts';
import { MockFrontend } from '../../lib/testing/mock-frontend.ts';
import { MockMachine } from '../../lib/testing/mock-machine.ts';
import { itReachesEveryCellOf } from './cells.ts';

const RECIPES: Record<PortState, PortEvent[]> = { UNCLAIMED: [], EMPTY: ['CLAIM'], PRESENT: ['CLAIM', 'plugged'] };
const OWNER = { domid: 1, number: 2 };
/** PROTOCOL.md 2.16: state, event, next state, the calls of hooks, the notice. */
const ROWS: [PortState, PortEvent, PortState, string, string?][] = [
  ['UNCLAIMED', 'CLAIM', 'EMPTY', ''],
  ['UNCLAIMED', 'RELEASE', 'UNCLAIMED', '', 'not understood'],
  ['UNCLAIMED', 'plugged', 'UNCLAIMED', ''],
  ['UNCLAIMED', 'unplugged', 'UNCLAIMED', ''],
  ['UNCLAIMED', 'ownerDestroyed', 'UNCLAIMED', ''],
  ['UNCLAIMED', 'reset', 'UNCLAIMED', '', 'no port'],
  ['EMPTY', 'CLAIM', 'EMPTY', ''],
  ['EMPTY', 'RELEASE', 'UNCLAIMED', ''],
  ['EMPTY', 'plugged', 'PRESENT', '+1-1'],
  ['EMPTY', 'unplugged', 'EMPTY', ''],
  ['EMPTY', 'ownerDestroyed', 'UNCLAIMED', ''],
  ['EMPTY', 'reset', 'EMPTY', '', 'disabled'],
  ['PRESENT', 'CLAIM', 'PRESENT', ''],
  ['PRESENT', 'RELEASE', 'UNCLAIMED', '-1-1'],
  ['PRESENT', 'plugged', 'PRESENT', ''],
  ['PRESENT', 'unplugged', 'EMPTY', '-1-1'],
  ['PRESENT', 'ownerDestroyed', 'UNCLAIMED', '-1-1'],
  ['PRESENT', 'reset', 'PRESENT', '', 'enabled'],
];

describe('a USB port', () => {
  it.each(ROWS)('%s: %s leads to %s', async (state, event, next, hooks, notice) => {
    let log = '';
    const ports = new UsbPorts({
      onPlugged: ({ path }) => {
        log += `+${path}`;
      },
      onUnplugged: ({ path }) => {
        log += `-${path}`;
      },
    });
    for (const step of RECIPES[state]) await ports.fire('1-1', step, step === 'CLAIM' ? OWNER : undefined);
    log = '';
    expect(await ports.fire('1-1', event, event === 'CLAIM' ? OWNER : undefined)).toBe(notice);
    expect(ports.get('1-1')?.state ?? 'UNCLAIMED').toBe(next);
    expect(log).toBe(hooks);
    expect(ports.ownedBy(1).map(({ owner }) => owner)).toEqual(next === 'UNCLAIMED' ? [] : [OWNER]);
  });

  it('H25: belongs to its owner only, and a reset or release of an unknown port is answered', async () => {
    const machine = new MockMachine();
    const log: string[] = [];
    class Ports extends UsbBackend {
      override onPlugged = ({ path }: UsbPort) => void log.push(`+${path}`);
      override onUnplugged = ({ path }: UsbPort) => void log.push(`-${path}`);
    }
    const backend = new Ports(machine.domain(2).backend);
    const frontend = new MockFrontend(machine, USB);
    await backend.start();
    await frontend.create();
    await frontend.ask('USBIF_BE_CLAIM_PORT', { path: '1-1', usbifPort: 0 });
    await backend.plug('1-1');
    await backend.plug('2-2');
    expect([await backend.reset(1, 0), await backend.reset(1, 1), await backend.reset(3, 0)]).toEqual([
      'enabled',
      'no port',
      'no port',
    ]);
    await backend.unplug('1-1');
    expect(await backend.reset(1, 0)).toBe('disabled');
    await backend.plug('1-1');
    await backend.stop();
    expect(log).toEqual(['+1-1', '-1-1', '+1-1', '-1-1']);
  });
});

itReachesEveryCellOf(USB_PORT);
