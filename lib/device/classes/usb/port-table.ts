import { STAY, type Table } from '../../table.ts';

export type PortState = 'UNCLAIMED' | 'EMPTY' | 'PRESENT';
/**
 * In capitals the controller's messages; `plugged`, `unplugged`: the host; `ownerDestroyed`: the end of the owner's interface; `reset`: the
 * guest, over its pages.
 */
const EVENTS = ['CLAIM', 'RELEASE', 'plugged', 'unplugged', 'ownerDestroyed', 'reset'] as const;
export type PortEvent = (typeof EVENTS)[number];
/** `own` records owner and number, `disown` removes them; `take` calls the backend's `onPlugged`, `giveBack` its `onUnplugged`. */
export type PortAction = 'own' | 'disown' | 'take' | 'giveBack';
export type PortNotice = 'not understood' | 'disabled' | 'enabled' | 'no port';

/** One host port. EMPTY and PRESENT: claimed, without or with a device in it (PROTOCOL.md 2.16). */
// biome-ignore format: a table, one cell a line
export const USB_PORT: Table<PortState, PortEvent, PortAction, PortNotice> = {
  name: 'usb port',
  initial: 'UNCLAIMED',
  events: EVENTS,
  cells: {
    UNCLAIMED: {
      CLAIM:          { do: ['own'], next: 'EMPTY' },
      // RELEASE_PORT has no status; the original crashed (PROTOCOL.md 5.3 H25).
      RELEASE:        { emit: ['not understood'] },
      reset:          { emit: ['no port'] },
      default:        STAY,
    },
    EMPTY: {
      RELEASE:        { do: ['disown'], next: 'UNCLAIMED' },
      plugged:        { do: ['take'], next: 'PRESENT' },
      ownerDestroyed: { do: ['disown'], next: 'UNCLAIMED' },
      reset:          { emit: ['disabled'] },
      default:        STAY,
    },
    PRESENT: {
      RELEASE:        { do: ['giveBack', 'disown'], next: 'UNCLAIMED' },
      unplugged:      { do: ['giveBack'], next: 'EMPTY' },
      ownerDestroyed: { do: ['giveBack', 'disown'], next: 'UNCLAIMED' },
      reset:          { emit: ['enabled'] },
      default:        STAY,
    },
  },
};
