import { EventEmitter } from 'node:events';
import type { Peer } from './context.ts';
import { STAY, StateMachine, type Table } from './table.ts';

/** PENDING: the guest is ending. SUSPENDING: it is suspending, suspended or resuming. */
export type ShutdownState = 'IDLE' | 'PENDING' | 'SUSPENDING';
/** In capitals the controller's messages; `returned`: the action is over and the guest still runs (it resumed, or the action failed). */
const EVENTS = ['POWEROFF', 'REBOOT', 'SUSPEND', 'SYSRQ', 'returned'] as const;
export type ShutdownEvent = (typeof EVENTS)[number];
/** `keep` stores the request, in place of one stored before; `fireKept` fires it. */
type ShutdownAction = 'begin' | 'press' | 'keep' | 'fireKept';
type ShutdownNotice = 'ignored';

/**
 * A guest's shutdown: one at a time, and a SysRq key at any time (PROTOCOL.md 2.13, 2.16). The original ignored all requests until
 * a suspend had returned. Here the last of them is kept, and done after the suspend.
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
      returned: { do: ['fireKept'], next: 'IDLE' },
    },
  },
};

/** A request of the controller to end or suspend (PROTOCOL.md 2.13). */
export type ShutdownRequest = 'POWEROFF' | 'REBOOT' | 'SUSPEND';

/** A guest's own part of a shutdown. */
export interface ShutdownActions {
  /** Ends or suspends the guest. When it resolves, the guest still runs and takes the next request: a suspended one has resumed. */
  shutdown(request: ShutdownRequest): void | Promise<void>;
  /** A magic SysRq key, one character. Default: every key is ignored. */
  sysrq?(key: string): void;
}

/** Events of a {@link ShutdownResponder}. */
export interface ShutdownEvents {
  /** A request came while the guest is ending. Its response is the same as for one that is done (PROTOCOL.md 5.2 D14). */
  ignored: [ShutdownRequest];
  /** The action failed, and the guest still runs. Without a listener the error is thrown. */
  error: [unknown];
}

interface ShutdownInput {
  readonly event: ShutdownEvent;
  readonly key?: string;
}

/**
 * Receives SHUTDOWN_POWEROFF, SHUTDOWN_REBOOT, SHUTDOWN_SUSPEND and SHUTDOWN_SYSRQ for a guest. A request is acknowledged before its
 * action begins. Of the requests that come during a suspend, the last is done when the guest has resumed.
 */
export class ShutdownResponder extends EventEmitter<ShutdownEvents> {
  readonly #machine: StateMachine<ShutdownState, ShutdownEvent, ShutdownAction, ShutdownNotice, ShutdownInput>;
  readonly #receivers: (() => void)[];
  #kept: ShutdownRequest | undefined;

  /** @throws CtrlIfError `ERR_CTRL_IF_RECEIVER_EXISTS` when `peer` has a receiver for one of the messages */
  constructor(peer: Peer, actions: ShutdownActions) {
    super();
    this.#machine = new StateMachine(SHUTDOWN, {
      do: {
        begin: ({ event }) => this.#begin(actions, event as ShutdownRequest),
        press: ({ key }) => actions.sysrq?.(key!),
        keep: ({ event }) => {
          this.#kept = event as ShutdownRequest;
        },
        fireKept: () => this.#fireKept(),
      },
      emit: (_ignored, { event }) => this.emit('ignored', event as ShutdownRequest),
    });
    this.#receivers = (['POWEROFF', 'REBOOT', 'SUSPEND', 'SYSRQ'] as const).map((event) =>
      peer.receive(`SHUTDOWN_${event}`, async ({ key }: { key?: string }) => {
        await this.#machine.fire(event, { event, ...(key === undefined ? {} : { key }) });
      }),
    );
  }

  /** IDLE, PENDING while the guest is ending, or SUSPENDING until it has resumed. */
  get state(): ShutdownState {
    return this.#machine.state;
  }

  /** Removes the receivers. */
  close(): void {
    for (const remove of this.#receivers) remove();
  }

  #fireKept(): void {
    const event = this.#kept;
    this.#kept = undefined;
    // Not awaited: it begins when this event is done.
    if (event) void this.#machine.fire(event, { event });
  }

  #begin(actions: ShutdownActions, request: ShutdownRequest): void {
    // In the next turn of the event loop, so that the acknowledgement is sent first.
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
