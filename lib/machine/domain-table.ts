/** One domain of a machine, from its first start until it is gone for good (PROTOCOL.md 2.13). */
import { type Cell, STAY, type Table } from '../device/table.ts';
import type { DomainState } from './operations.ts';

/** Each state with its name for the operator, and what it means. */
export const LIFECYCLE_STATES = {
  NEW: ['starting', 'It has not been started.'],
  STARTING: ['starting', 'Its process was started and has not connected.'],
  ABORTED: ['starting', 'It was destroyed before it had connected. Its process is being ended.'],
  RUNNING: ['running', 'It is connected.'],
  RESTING: ['running', 'Its guest is at rest without being asked. Its backends let go of its devices.'],
  SUSPENDING: [
    'shutting-down',
    'It was asked to suspend. When its guest is at rest, its backends let go of its devices.',
  ],
  ENDING: ['shutting-down', 'It was asked to power off or to reboot.'],
  SUSPENDED: ['suspended', 'Its guest is at rest, and its backends hold nothing of it.'],
  RESUMING: ['suspended', 'Its devices are attached again, then its guest is told to go on.'],
  DYING: ['dying', 'Its link or its process has ended. What is left of it is cleared away.'],
  DESTROYED: ['dying', 'The same, and it is not started again.'],
  WAITING: ['waiting', 'It has ended, and its next start is due later.'],
  GONE: ['dying', 'It has ended for good.'],
} as const satisfies { readonly [state: string]: readonly [DomainState, string] };
export type LifecycleState = keyof typeof LIFECYCLE_STATES;

/** Each event and what it means. */
export const LIFECYCLE_EVENTS = {
  start: 'The operator creates it.',
  end: 'The operator asks it to power off or to reboot.',
  suspend: 'The operator asks it to suspend.',
  resume: 'The operator resumes it.',
  destroy: 'The operator destroys it.',
  spawned: 'Its process runs.',
  connected: 'Its guest has connected.',
  atRest: 'Its guest says that it is at rest.',
  closed: 'Its link has ended.',
  exited: 'Its process has ended.',
  late: 'The deadline of a shutdown has passed.',
  stuck: 'Its process has not ended 5 s after its link.',
  due: 'The time of its next start has come.',
  released: '`release` has ended: its backends hold nothing of it.',
  notReleased: '`release` has failed.',
  resumed: '`resume` has ended: its guest goes on.',
  notResumed: '`resume` has failed.',
  finished: '`clear` has ended, or `start` has failed, and its restart policy starts it no more.',
  restartable: '`clear` has ended, or `start` has failed, and its restart policy starts it again.',
} as const;
export type LifecycleEvent = keyof typeof LIFECYCLE_EVENTS;

/** Each action and what it does. None waits for what it has begun. */
export const LIFECYCLE_ACTIONS = {
  start: 'Starts its process, waits for the link and attaches the devices that it had before.',
  restart: 'Counts a restart, and starts.',
  adopt: 'Takes the link: its console, its end, the end of its process.',
  kill: 'Ends its process, with its process group, by SIGKILL.',
  setDeadline: 'Keeps the call of a shutdown and starts its deadline.',
  cancelDeadline: 'Stops that.',
  release: 'Has its backends let go of its devices.',
  goOn: 'Tells its guest to go on, which then does what it was asked to do before.',
  resume: 'Attaches its devices again, then tells its guest to go on.',
  joinResume: 'Waits for the resume that is under way.',
  limitExit: 'Gives its process 5 s to end.',
  clear: 'Closes its link and destroys its interfaces.',
  setRestart: 'Sets the time of its next start.',
  cancelRestart: 'Stops that.',
  expectRunning: 'Refuses the call: the domain does not run.',
  expectSuspended: 'Refuses the call: the domain is not suspended.',
} as const;
export type LifecycleAction = keyof typeof LIFECYCLE_ACTIONS;

/** Each notice, and who is told what. */
export const LIFECYCLE_NOTICES = {
  state: 'Those who watch: its state.',
  shutdown: 'Its guest: the SHUTDOWN message.',
  suspended: 'The caller of the shutdown: it is suspended.',
  notSuspended: 'The caller of the shutdown: why it is not suspended.',
  ended: 'Those who watch and the caller of a shutdown: how this life has ended.',
  gone: 'The same, and that it is gone for good.',
} as const;
export type LifecycleNotice = keyof typeof LIFECYCLE_NOTICES;

type LifecycleCell = Cell<LifecycleState, LifecycleAction, LifecycleNotice>;
type Cells = { readonly [E in LifecycleEvent]?: LifecycleCell };

const NOT_RUNNING = { end: { do: ['expectRunning'] }, suspend: { do: ['expectRunning'] } } as const satisfies Cells;
const NOT_SUSPENDED = { resume: { do: ['expectSuspended'] } } as const satisfies Cells;
const REFUSED = { ...NOT_RUNNING, ...NOT_SUSPENDED } as const satisfies Cells;

/** How one that is connected ends. */
const MORTAL = {
  destroy: { do: ['kill'], next: 'DESTROYED', emit: ['state'] },
  closed: { do: ['limitExit'], next: 'DYING', emit: ['state'] },
  exited: { do: ['clear'], next: 'DYING', emit: ['state'] },
} as const satisfies Cells;

/** How it is shut down. */
const SHUT_DOWN = {
  end: { do: ['setDeadline'], next: 'ENDING', emit: ['state', 'shutdown'] },
  suspend: { do: ['setDeadline'], next: 'SUSPENDING', emit: ['state', 'shutdown'] },
} as const satisfies Cells;

/** How what it has left behind is dealt with. */
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
      // Its process was not ended in time to keep it from connecting.
      connected:   { do: ['adopt', 'kill'], next: 'DESTROYED', emit: ['state'] },
      default:     STAY,
    },
    RUNNING: {
      ...SHUT_DOWN,
      ...NOT_SUSPENDED,
      ...MORTAL,
      atRest:      { do: ['release'], next: 'RESTING' },
      // The deadline of a suspend has passed while its backends let go.
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
    // Its deadline lasts until its process has ended.
    ENDING: {
      ...REFUSED,
      ...MORTAL,
      destroy:     { do: ['cancelDeadline', 'kill'], next: 'DESTROYED', emit: ['state'] },
      // It was asked to end before it had suspended, and does so when it goes on.
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
      // It went on, and is at rest again already.
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
