import { EventEmitter } from 'node:events';
import type { Peer } from './surroundings.ts';
import { Machine, type Table } from './table.ts';

export type ShutdownState = 'IDLE' | 'PENDING';
/** Messages in capitals; `returned`: the action is over and the guest still runs (resumed, or failed). */
export type ShutdownEvent = 'POWEROFF' | 'REBOOT' | 'SUSPEND' | 'SYSRQ' | 'returned';
type ShutdownAction = 'begin' | 'press';
type ShutdownNotice = 'ignored';

/** A guest's shutdown: one at a time, and a SysRq key at any time (PROTOCOL.md 2.13, 2.16). */
// biome-ignore format: a table, one cell a line
export const SHUTDOWN: Table<ShutdownState, ShutdownEvent, ShutdownAction, ShutdownNotice> = {
  name: 'shutdown',
  initial: 'IDLE',
  cells: {
    IDLE: {
      POWEROFF: { do: ['begin'], next: 'PENDING' },
      REBOOT:   { do: ['begin'], next: 'PENDING' },
      SUSPEND:  { do: ['begin'], next: 'PENDING' },
      SYSRQ:    { do: ['press'], next: 'IDLE' },
      returned: { next: 'IDLE' },
    },
    PENDING: {
      POWEROFF: { next: 'PENDING', tell: ['ignored'] },
      REBOOT:   { next: 'PENDING', tell: ['ignored'] },
      SUSPEND:  { next: 'PENDING', tell: ['ignored'] },
      SYSRQ:    { do: ['press'], next: 'PENDING' },
      returned: { next: 'IDLE' },
    },
  },
};

export type ShutdownRequest = 'POWEROFF' | 'REBOOT' | 'SUSPEND';

export interface ShutdownActions {
  /** Does it. What it resolves with says that the guest still runs: a suspended one has resumed. */
  shutdown(request: ShutdownRequest): void | Promise<void>;
  /** A magic SysRq key, one character. */
  sysrq?(key: string): void;
}

export interface ShutdownEvents {
  /** A second request while one is pending. Its sender cannot tell: the response is the same (PROTOCOL.md 5.2 D14). */
  ignored: [ShutdownRequest];
  /** The action failed, and the guest still runs. Without a listener it is thrown. */
  error: [unknown];
}

interface ShutdownInput {
  readonly event: ShutdownEvent;
  readonly key?: string;
}

/** A guest that shuts down when it is asked to; each request is acknowledged before anything happens. */
export class ShutdownResponder extends EventEmitter<ShutdownEvents> {
  readonly #machine: Machine<ShutdownState, ShutdownEvent, ShutdownAction, ShutdownNotice, ShutdownInput>;
  readonly #takeBack: (() => void)[];

  constructor(peer: Peer, actions: ShutdownActions) {
    super();
    this.#machine = new Machine(SHUTDOWN, {
      do: {
        begin: ({ event }) => this.#begin(actions, event as ShutdownRequest),
        press: ({ key }) => actions.sysrq?.(key!),
      },
      tell: (_ignored, { event }) => this.emit('ignored', event as ShutdownRequest),
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
