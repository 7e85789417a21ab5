import { describe, expect, it } from 'vitest';
import { type MessageDefinition, SEED_MESSAGES } from '../../lib/wire/index.ts';

const named = (predicate: (definition: MessageDefinition) => boolean): string[] =>
  SEED_MESSAGES.filter((definition) => predicate(definition)).map(({ name }) => name);

describe('the table of messages', () => {
  it('cannot be changed', () => {
    expect(Object.isFrozen(SEED_MESSAGES)).toBe(true);
    for (const definition of SEED_MESSAGES) expect(Object.isFrozen(definition)).toBe(true);
  });

  it('sends subtypes below 32 to the guest and the others to the controller, but for two that go both ways', () => {
    const both = ['CONSOLE_DATA', 'NETIF_FE_DRIVER_STATUS'];
    expect(named(({ direction }) => direction === 'both')).toEqual(both);
    for (const { name, subtype, direction } of SEED_MESSAGES)
      if (!both.includes(name)) expect([name, direction]).toEqual([name, subtype < 32 ? 'toGuest' : 'toController']);
  });

  it('defers the messages of devices, and only those', () => {
    for (const { name, deferred } of SEED_MESSAGES)
      expect([name, deferred]).toEqual([name, /^(BLKIF|NETIF|USBIF)_/.test(name)]);
  });

  it('says which responses carry a status', () => {
    const withStatus = named(({ response }) => response.kind === 'status');
    expect(withStatus).toEqual([
      ...['CREATE', 'DESTROY', 'CONNECT', 'DISCONNECT', 'VBD_CREATE', 'VBD_DESTROY'].map((s) => `BLKIF_BE_${s}`),
      ...['CREATE', 'DESTROY', 'CONNECT', 'DISCONNECT', 'CREDITLIMIT'].map((s) => `NETIF_BE_${s}`),
      'MEM_REQUEST_SET',
      ...['CREATE', 'DESTROY', 'CONNECT', 'DISCONNECT', 'CLAIM_PORT'].map((s) => `USBIF_BE_${s}`),
      'VCPU_HOTPLUG_OFF',
      'VCPU_HOTPLUG_ON',
    ]);
    for (const { name, response } of SEED_MESSAGES) {
      if (response.kind !== 'status') continue;
      const expected = name.startsWith('VCPU') ? { okay: 1, error: 0 } : { okay: 0, error: 1 };
      expect([name, response]).toEqual([name, { kind: 'status', field: 'status', ...expected }]);
    }
  });

  it('says which responses fill OUT fields without a status', () => {
    expect(named(({ response }) => response.kind === 'fill')).toEqual([
      'BLKIF_FE_DRIVER_STATUS',
      'BLKIF_FE_INTERFACE_QUERY',
      'NETIF_FE_DRIVER_STATUS',
      'NETIF_FE_INTERFACE_QUERY',
    ]);
  });

  it('has OUT fields exactly in messages whose response fills them', () => {
    for (const { name, struct, response } of SEED_MESSAGES) {
      const outs = struct.fields.filter(({ type }) => type.role === 'out').map((field) => field.name);
      expect([name, outs.length > 0]).toEqual([name, response.kind !== 'ack']);
      if (response.kind === 'status') expect(outs).toEqual([response.field]);
      const filled = {
        BLKIF_FE_DRIVER_STATUS: ['maxHandle'],
        NETIF_FE_DRIVER_STATUS: ['maxHandle'],
        BLKIF_FE_INTERFACE_QUERY: ['status', 'evtchn', 'domid'],
        NETIF_FE_INTERFACE_QUERY: ['status', 'evtchn', 'mac', 'domid'],
      }[name as string];
      if (response.kind === 'fill') expect([name, outs]).toEqual([name, filled]);
    }
  });
});
