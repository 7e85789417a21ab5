import { EventEmitter } from 'node:events';
import type { Peer } from './context.ts';
import { STAY, StateMachine, type Table } from './table.ts';

/** PENDING: it is ending. SUSPENDING: it is on its way to rest, rests, or is on its way back. */
export type ShutdownState = 'IDLE' | 'PENDING' | 'SUSPENDING';
/** Messages in capitals; `returned`: the action is over and the guest still runs (resumed, or failed). */
const EVENTS = ['POWEROFF', 'REBOOT', 'SUSPEND', 'SYSRQ', 'returned'] as const;
export type ShutdownEvent = (typeof EVENTS)[number];
/** `keep` remembers the request, in place of one kept before; `goOn` takes what was kept as if it had come only now. */
type ShutdownAction = 'begin' | 'press' | 'keep' | 'goOn';
type ShutdownNotice = 'ignored';

/**
 * A guest's shutdown: one at a time, and a SysRq key at any time (PROTOCOL.md 2.13, 2.16). The original ignored all requests until
 * a suspend had returned, and so lost what came while its drivers were still coming back; here it waits for that.
 */
// biome-ignore format: a table, one cell a line
export const SHUTDOWN: Table<ShutdownState, ShutdownEvent, ShutdownAction, ShutdownNotice> = {
  name: 'shutdown',
  initial: 'IDLE',
  events: EVENTS,
  cells: {
    IDLE: {
      POWEROFF: { do: ['begin'], next: 'PENDING' },
      REBOOT:   { do: ['begin'], next: 'PENDING' },
      SUSPEND:  { do: ['begin'], next: 'SUSPENDING' },
      SYSRQ:    { do: ['press'] },
      default:  STAY,
    },
    PENDING: {
      POWEROFF: { emit: ['ignored'] },
      REBOOT:   { emit: ['ignored'] },
      SUSPEND:  { emit: ['ignored'] },
      SYSRQ:    { do: ['press'] },
      returned: { next: 'IDLE' },
    },
    SUSPENDING: {
      POWEROFF: { do: ['keep'] },
      REBOOT:   { do: ['keep'] },
      SUSPEND:  { do: ['keep'] },
      SYSRQ:    { do: ['press'] },
      returned: { do: ['goOn'], next: 'IDLE' },
    },
  },
};

export type ShutdownRequest = 'POWEROFF' | 'REBOOT' | 'SUSPEND';

export interface ShutdownActions {
  /** Does it. That it resolves says that the guest still runs, and may be asked again: one that was suspended is back. */
  shutdown(request: ShutdownRequest): void | Promise<void>;
  /** A magic SysRq key, one character. */
  sysrq?(key: string): void;
}

export interface ShutdownEvents {
  /** A request while the guest is ending. Its sender cannot tell: the response is the same (PROTOCOL.md 5.2 D14). */
  ignored: [ShutdownRequest];
  /** The action failed, and the guest still runs. Without a listener it is thrown. */
  error: [unknown];
}

interface ShutdownInput {
  readonly event: ShutdownEvent;
  readonly key?: string;
}

/**
 * A guest that shuts down when it is asked to; each request is acknowledged before anything happens. What is asked of one that
 * suspends is done when it has resumed, the last of several.
 */
export class ShutdownResponder extends EventEmitter<ShutdownEvents> {
  readonly #machine: StateMachine<ShutdownState, ShutdownEvent, ShutdownAction, ShutdownNotice, ShutdownInput>;
  readonly #takeBack: (() => void)[];
  #kept: ShutdownRequest | undefined;

  constructor(peer: Peer, actions: ShutdownActions) {
    super();
    this.#machine = new StateMachine(SHUTDOWN, {
      do: {
        begin: ({ event }) => this.#begin(actions, event as ShutdownRequest),
        press: ({ key }) => actions.sysrq?.(key!),
        keep: ({ event }) => {
          this.#kept = event as ShutdownRequest;
        },
        goOn: () => this.#goOn(),
      },
      emit: (_ignored, { event }) => this.emit('ignored', event as ShutdownRequest),
    });
    this.#takeBack = (['POWEROFF', 'REBOOT', 'SUSPEND', 'SYSRQ'] as const).map((event) =>
      peer.receive(`SHUTDOWN_${event}`, async ({ key }: { key?: string }) => {
        await this.#machine.fire(event, { event, ...(key === undefined ? {} : { key }) });
      }),
    );
  }

  get state(): ShutdownState {
    return this.#machine.state;
  }

  /** Takes no more requests. */
  close(): void {
    for (const takeBack of this.#takeBack) takeBack();
  }

  #goOn(): void {
    const event = this.#kept;
    this.#kept = undefined;
    // Its turn comes when this one's is over.
    if (event) void this.#machine.fire(event, { event });
  }

  #begin(actions: ShutdownActions, request: ShutdownRequest): void {
    // In a turn of its own, so that the acknowledgement is on its way.
    setImmediate(async () => {
      try {
        await actions.shutdown(request);
      } catch (error) {
        this.emit('error', error);
      } finally {
        await this.#machine.fire('returned', { event: 'returned' });
      }
    });
  }
}
