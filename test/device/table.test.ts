import { describe, expect, it } from 'vitest';
import { cellOf, STAY, StateMachine, SyncStateMachine, type Table } from '../../lib/device/table.ts';

type State = 'OFF' | 'ON';
type Event = 'press' | 'break';
type Action = 'light' | 'refuse';
type Notice = 'changed';
type Lamp = Table<State, Event, Action, Notice>;
type Lit = SyncStateMachine<State, Event, Action, Notice, undefined>;
const LAMP: Lamp = {
  name: 'lamp',
  initial: 'OFF',
  events: ['press', 'break'],
  cells: {
    OFF: { press: { do: ['light'], next: 'ON', emit: ['changed'] }, default: STAY },
    ON: { press: { next: 'OFF', emit: ['changed'] }, break: { do: ['refuse'], next: 'OFF' } },
  },
};

it('a row without a default needs a cell for every event, and takes no other cell', () => {
  const incomplete: Lamp = {
    ...LAMP,
    // @ts-expect-error `break` is missing
    cells: { ...LAMP.cells, ON: { press: STAY } },
  };
  const unknown: Lamp = {
    ...LAMP,
    // @ts-expect-error `push` is no event
    cells: { ...LAMP.cells, ON: { push: STAY, default: STAY } },
  };
  expect([incomplete.cells.ON, unknown.cells.ON]).toHaveLength(2);
});

it('the cell of an event that a row does not name is its default', () => {
  expect(cellOf(LAMP, 'OFF', 'break')).toBe(STAY);
  expect(cellOf(LAMP, 'ON', 'break')).toMatchObject({ next: 'OFF' });
});

describe('both state machines', () => {
  const refuse = () => {
    throw new Error('it is hot');
  };

  it('run the actions of a cell, then enter its state, then emit its notices', async () => {
    const log: string[] = [];
    const machine: StateMachine<State, Event, Action, Notice, undefined> = new StateMachine(LAMP, {
      do: { light: () => log.push(`do ${machine.state}`), refuse },
      emit: () => log.push(machine.state),
    });
    expect(await machine.fire('break', undefined)).toBe('OFF');
    expect(await machine.fire('press', undefined)).toBe('ON');
    const sync: Lit = new SyncStateMachine(LAMP, {
      do: { light: () => log.push(`do ${sync.state}`), refuse },
      emit: () => log.push(sync.state),
    });
    sync.fire('break', undefined);
    sync.fire('press', undefined);
    expect(log).toEqual(['do OFF', 'ON', 'do OFF', 'ON']);
  });

  it('keep their state when an action fails, and throw its error', async () => {
    const performer = { do: { light: () => {}, refuse }, emit: () => {} };
    const machine = new StateMachine(LAMP, performer);
    await machine.fire('press', undefined);
    await expect(machine.fire('break', undefined)).rejects.toThrow('it is hot');
    const sync = new SyncStateMachine(LAMP, performer);
    sync.fire('press', undefined);
    expect(() => sync.fire('break', undefined)).toThrow('it is hot');
    expect([machine.state, sync.state]).toEqual(['ON', 'ON']);
  });
});

describe('a synchronous state machine', () => {
  it('runs an event that an action or a notice fires after the current event', () => {
    const log: string[] = [];
    const machine: Lit = new SyncStateMachine(LAMP, {
      do: { light: () => machine.fire('press', undefined), refuse: () => {} },
      emit: () => log.push(machine.state),
    });
    machine.fire('press', undefined);
    expect([log, machine.state]).toEqual([['ON', 'OFF'], 'OFF']);
  });

  it('runs the events after one that has failed', () => {
    const machine: Lit = new SyncStateMachine(LAMP, {
      do: {
        light: () => {},
        refuse: () => {
          machine.fire('press', undefined);
          throw new Error('it is hot');
        },
      },
      emit: () => {},
    });
    machine.fire('press', undefined);
    expect(() => machine.fire('break', undefined)).toThrow('it is hot');
    expect(machine.state).toBe('OFF');
  });
});
