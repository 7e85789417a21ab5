/** The state table of a domain, from its first start until it is gone for good (PROTOCOL.md 2.13). */
import { type Cell, STAY, type Table } from '../device/table.ts';
import type { DomainState } from './operations.ts';

/** Each state with its name for the operator, and its meaning. */
export const LIFECYCLE_STATES = {
  NEW: ['starting', 'It has not been started.'],
  STARTING: ['starting', 'Its process was started and has not connected.'],
  ABORTED: ['starting', 'It was destroyed before it had connected. Its process has not ended yet.'],
  RUNNING: ['running', 'It is connected.'],
  RESTING: ['running', 'Its guest has suspended without a request. Its devices are released.'],
  SUSPENDING: ['shutting-down', 'It was asked to suspend. When its guest is at rest, its devices are released.'],
  ENDING: ['shutting-down', 'It was asked to power off or to reboot.'],
  SUSPENDED: ['suspended', 'Its guest is at rest, and its backends hold none of its frames and ports.'],
  RESUMING: ['suspended', 'Its devices are attached again, then its guest is asked to resume.'],
  DYING: ['dying', 'Its link or its process has ended. The rest is removed.'],
  DESTROYED: ['dying', 'As DYING, but it is not started again.'],
  WAITING: ['waiting', 'It has ended and waits for its next start.'],
  GONE: ['dying', 'It has ended for good.'],
} as const satisfies { readonly [state: string]: readonly [DomainState, string] };
export type LifecycleState = keyof typeof LIFECYCLE_STATES;

/** Each event and its meaning. */
export const LIFECYCLE_EVENTS = {
  start: 'The operator creates it.',
  end: 'The operator asks it to power off or to reboot.',
  suspend: 'The operator asks it to suspend.',
  resume: 'The operator resumes it.',
  destroy: 'The operator destroys it.',
  spawned: 'Its process runs.',
  connected: 'Its guest has connected.',
  atRest: 'Its guest reports that it is at rest.',
  closed: 'Its link has ended.',
  exited: 'Its process has ended.',
  late: 'The deadline of a shutdown has passed.',
  stuck: 'Its process has not ended 5 s after its link.',
  due: 'The time of its next start has come.',
  released: '`release` has ended.',
  notReleased: '`release` has failed.',
  resumed: '`resume` has ended.',
  notResumed: '`resume` has failed.',
  finished: '`clear` has ended, or `start` has failed, and its restart policy does not start it again.',
  restartable: '`clear` has ended, or `start` has failed, and its restart policy starts it again.',
} as const;
export type LifecycleEvent = keyof typeof LIFECYCLE_EVENTS;

/** Each action and its effect. An action starts work and does not wait for its end. */
export const LIFECYCLE_ACTIONS = {
  start: 'Starts its process, waits for the link and attaches the devices that it had before.',
  restart: 'Counts a restart, and starts.',
  adopt: 'Takes over the link and its console, and watches for the end of the link and of the process.',
  kill: 'Ends its process group by SIGKILL.',
  setDeadline: 'Keeps the call of the shutdown and starts its deadline.',
  cancelDeadline: 'Stops that deadline.',
  release: 'Detaches its devices from their backends. The machine keeps them in its ledger.',
  goOn: 'Asks its guest to resume. The guest then ends, as it was asked before.',
  resume: 'Attaches its devices again, then asks its guest to resume.',
  joinResume: 'Waits for the resume that is under way.',
  limitExit: 'Starts the 5 s that its process has to end.',
  clear: 'Closes its link and destroys its interfaces.',
  setRestart: 'Sets the time of its next start.',
  cancelRestart: 'Cancels its next start.',
  expectRunning: 'Refuses the call: the domain does not run.',
  expectSuspended: 'Refuses the call: the domain is not suspended.',
} as const;
export type LifecycleAction = keyof typeof LIFECYCLE_ACTIONS;

/** Each notice: its receiver and its content. */
export const LIFECYCLE_NOTICES = {
  state: 'To watchers: its state.',
  shutdown: 'To its guest: the SHUTDOWN message.',
  suspended: 'To the caller of the shutdown: it is suspended.',
  notSuspended: 'To the caller of the shutdown: why it is not suspended.',
  ended: 'To watchers and the caller of a shutdown: how this life has ended.',
  gone: 'As `ended`, and that it is gone for good.',
} as const;
export type LifecycleNotice = keyof typeof LIFECYCLE_NOTICES;

type LifecycleCell = Cell<LifecycleState, LifecycleAction, LifecycleNotice>;
type Cells = { readonly [E in LifecycleEvent]?: LifecycleCell };

const NOT_RUNNING = { end: { do: ['expectRunning'] }, suspend: { do: ['expectRunning'] } } as const satisfies Cells;
const NOT_SUSPENDED = { resume: { do: ['expectSuspended'] } } as const satisfies Cells;
const REFUSED = { ...NOT_RUNNING, ...NOT_SUSPENDED } as const satisfies Cells;

/** The end of a connected domain. */
const MORTAL = {
  destroy: { do: ['kill'], next: 'DESTROYED', emit: ['state'] },
  closed: { do: ['limitExit'], next: 'DYING', emit: ['state'] },
  exited: { do: ['clear'], next: 'DYING', emit: ['state'] },
} as const satisfies Cells;

/** The shutdown of a running domain. */
const SHUT_DOWN = {
  end: { do: ['setDeadline'], next: 'ENDING', emit: ['state', 'shutdown'] },
  suspend: { do: ['setDeadline'], next: 'SUSPENDING', emit: ['state', 'shutdown'] },
} as const satisfies Cells;

/** What follows when a life is cleared away. */
const OVER = { finished: { next: 'GONE', emit: ['gone'] } } as const satisfies Cells;
const AGAIN = {
  ...OVER,
  restartable: { do: ['setRestart'], next: 'WAITING', emit: ['state', 'ended'] },
} as const satisfies Cells;

// biome-ignore format: a table, one cell a line
export const DOMAIN: Table<LifecycleState, LifecycleEvent, LifecycleAction, LifecycleNotice> = {
  name: 'domain',
  initial: 'NEW',
  events: Object.keys(LIFECYCLE_EVENTS) as LifecycleEvent[],
  cells: {
    NEW: {
      ...REFUSED,
      start:       { do: ['start'], next: 'STARTING', emit: ['state'] },
      destroy:     { next: 'GONE', emit: ['gone'] },
      default:     STAY,
    },
    STARTING: {
      ...REFUSED,
      ...AGAIN,
      destroy:     { do: ['kill'], next: 'ABORTED' },
      connected:   { do: ['adopt'], next: 'RUNNING', emit: ['state'] },
      default:     STAY,
    },
    ABORTED: {
      ...REFUSED,
      ...OVER,
      spawned:     { do: ['kill'] },
      // It has connected before SIGKILL ended its process.
      connected:   { do: ['adopt', 'kill'], next: 'DESTROYED', emit: ['state'] },
      default:     STAY,
    },
    RUNNING: {
      ...SHUT_DOWN,
      ...NOT_SUSPENDED,
      ...MORTAL,
      atRest:      { do: ['release'], next: 'RESTING' },
      // The deadline of a suspend has passed during its release.
      released:    { next: 'SUSPENDED', emit: ['state'] },
      default:     STAY,
    },
    RESTING: {
      ...SHUT_DOWN,
      ...NOT_SUSPENDED,
      ...MORTAL,
      released:    { next: 'SUSPENDED', emit: ['state'] },
      notReleased: { next: 'RUNNING' },
      default:     STAY,
    },
    SUSPENDING: {
      ...REFUSED,
      destroy:     { do: ['cancelDeadline', 'kill'], next: 'DESTROYED', emit: ['state'] },
      atRest:      { do: ['cancelDeadline', 'release'] },
      closed:      { do: ['cancelDeadline', 'limitExit'], next: 'DYING', emit: ['state'] },
      exited:      { do: ['cancelDeadline', 'clear'], next: 'DYING', emit: ['state'] },
      late:        { next: 'RUNNING', emit: ['state', 'notSuspended'] },
      released:    { do: ['cancelDeadline'], next: 'SUSPENDED', emit: ['state', 'suspended'] },
      notReleased: { do: ['cancelDeadline'], next: 'RUNNING', emit: ['state', 'notSuspended'] },
      default:     STAY,
    },
    // The deadline continues until the process has ended.
    ENDING: {
      ...REFUSED,
      ...MORTAL,
      destroy:     { do: ['cancelDeadline', 'kill'], next: 'DESTROYED', emit: ['state'] },
      // It was asked to end during a suspend, and ends when it resumes.
      atRest:      { do: ['goOn'] },
      released:    { do: ['goOn'] },
      late:        { do: ['kill'], next: 'DESTROYED', emit: ['state'] },
      default:     STAY,
    },
    SUSPENDED: {
      ...NOT_RUNNING,
      ...MORTAL,
      resume:      { do: ['resume'], next: 'RESUMING' },
      default:     STAY,
    },
    RESUMING: {
      ...NOT_RUNNING,
      ...MORTAL,
      resume:      { do: ['joinResume'] },
      // It resumed, and is at rest again already.
      atRest:      { do: ['release'], next: 'RESTING', emit: ['state'] },
      resumed:     { next: 'RUNNING', emit: ['state'] },
      notResumed:  { next: 'SUSPENDED' },
      default:     STAY,
    },
    DYING: {
      ...REFUSED,
      ...AGAIN,
      destroy:     { do: ['cancelDeadline', 'kill'], next: 'DESTROYED' },
      exited:      { do: ['clear'] },
      late:        { do: ['kill'], next: 'DESTROYED' },
      stuck:       { do: ['kill'] },
      default:     STAY,
    },
    DESTROYED: {
      ...REFUSED,
      ...OVER,
      exited:      { do: ['clear'] },
      default:     STAY,
    },
    WAITING: {
      ...REFUSED,
      destroy:     { do: ['cancelRestart'], next: 'GONE', emit: ['gone'] },
      due:         { do: ['restart'], next: 'STARTING', emit: ['state'] },
      default:     STAY,
    },
    GONE: {
      ...REFUSED,
      default:     STAY,
    },
  },
};
