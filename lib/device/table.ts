/**
 * A state machine as data: for every state and every event one cell that says what to do, where to go, and whom to tell.
 * The types make a missing cell a compile error, unless its row has a default. {@link StateMachine} runs a table whose actions are
 * awaited, {@link SyncStateMachine} one whose actions start work that ends in another event.
 */

/**
 * One cell. `do` runs first and in order; when one of its actions fails, the state stays. Then the state is `next`, or the same
 * where there is none, and only then `tell` says so to others: whoever is told finds the new state.
 */
export interface Cell<State extends string, Action extends string, Notice extends string> {
  readonly do?: readonly Action[];
  readonly next?: State;
  readonly emit?: readonly Notice[];
}

/** Nothing is done, the state stays, and nobody is told. */
export const STAY: Cell<never, never, never> = {};

/** The cells of one state: one for each event, or a `default` for the events that the row does not name. */
export type Row<State extends string, Event extends string, Action extends string, Notice extends string> =
  | { readonly [E in Event]: Cell<State, Action, Notice> }
  | ({ readonly [E in Event]?: Cell<State, Action, Notice> } & { readonly default: Cell<State, Action, Notice> });

/** Every cell of a machine, in the order in which a reader should see them. */
export interface Table<State extends string, Event extends string, Action extends string, Notice extends string> {
  /** As in `docs/devices.md`: `block backend`. */
  readonly name: string;
  readonly initial: State;
  readonly events: readonly Event[];
  readonly cells: { readonly [S in State]: Row<State, Event, Action, Notice> };
}

/** Any table, for those who only read it. */
export type AnyTable = Table<string, string, string, string>;

/** The cell of a state for an event. */
export function cellOf<State extends string, Event extends string, Action extends string, Notice extends string>(
  { cells }: Table<State, Event, Action, Notice>,
  state: State,
  event: Event,
): Cell<State, Action, Notice> {
  const row: { readonly [event: string]: Cell<State, Action, Notice> | undefined } = cells[state];
  return (row[event] ?? row.default)!;
}

/** What the actions and notices of a table do. `Input` is what comes with an event. */
export interface Performer<Action extends string, Notice extends string, Input> {
  readonly do: { readonly [A in Action]: (input: Input) => unknown };
  emit(notice: Notice, input: Input): unknown;
}

/** Thrown by an action whose failure is an event of its own table; `cause` goes on to who fired the first event. */
export class Raised extends Error {
  readonly event: string;

  constructor(event: string, cause: unknown) {
    super(event, { cause });
    this.event = event;
  }
}

type CellListener = (table: string, state: string, event: string) => void;
let onCell: CellListener | undefined;

/** @internal For tests that count the cells they reach; one listener at a time. */
export function watchCells(listener: CellListener | undefined): void {
  onCell = listener;
}

/**
 * Runs one table. Events take their turn: each is done, its promises included, before the next begins. So an action must
 * not await an event that it fires itself.
 */
export class StateMachine<
  State extends string,
  Event extends string,
  Action extends string,
  Notice extends string,
  Input,
> {
  readonly #table: Table<State, Event, Action, Notice>;
  readonly #performer: Performer<Action, Notice, Input>;
  #state: State;
  #turn: Promise<unknown> = Promise.resolve();

  constructor(table: Table<State, Event, Action, Notice>, performer: Performer<Action, Notice, Input>) {
    this.#table = table;
    this.#performer = performer;
    this.#state = table.initial;
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Resolves when the cell is done, with the state it led to; rejects with what its action threw.
   *
   * @param isDue asked when its turn has come: an event that the ones before it have made meaningless does not happen
   */
  fire(event: Event, input: Input, isDue: () => boolean = () => true): Promise<State> {
    const turn = this.#turn.then(() => (isDue() ? this.#step(event, input) : this.#state));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #step(event: Event, input: Input): Promise<State> {
    const cell = cellOf(this.#table, this.#state, event);
    onCell?.(this.#table.name, this.#state, event);
    try {
      for (const action of cell.do ?? []) await this.#performer.do[action](input);
    } catch (error) {
      if (!(error instanceof Raised)) throw error;
      await this.#step(error.event as Event, input);
      throw error.cause;
    }
    this.#state = cell.next ?? this.#state;
    for (const notice of cell.emit ?? []) await this.#performer.emit(notice, input);
    return this.#state;
  }
}

/**
 * Runs one table whose actions only start work, the end of which is another event. An event is done when {@link fire} returns, so
 * that none has to wait for work that is under way.
 */
export class SyncStateMachine<
  State extends string,
  Event extends string,
  Action extends string,
  Notice extends string,
  Input,
> {
  readonly #table: Table<State, Event, Action, Notice>;
  readonly #performer: Performer<Action, Notice, Input>;
  readonly #queue: { readonly event: Event; readonly input: Input }[] = [];
  #state: State;
  #isStepping = false;

  constructor(table: Table<State, Event, Action, Notice>, performer: Performer<Action, Notice, Input>) {
    this.#table = table;
    this.#performer = performer;
    this.#state = table.initial;
  }

  get state(): State {
    return this.#state;
  }

  /**
   * Lets an event happen. One that is fired by an action or a notice happens when the event of that is done.
   *
   * @throws what an action or a notice has thrown
   */
  fire(event: Event, input: Input): void {
    this.#queue.push({ event, input });
    if (this.#isStepping) return;
    this.#isStepping = true;
    const failures: unknown[] = [];
    for (let next = this.#queue.shift(); next; next = this.#queue.shift()) {
      try {
        this.#step(next.event, next.input);
      } catch (error) {
        failures.push(error);
      }
    }
    this.#isStepping = false;
    if (failures.length > 0) throw failures[0];
  }

  #step(event: Event, input: Input): void {
    const cell = cellOf(this.#table, this.#state, event);
    onCell?.(this.#table.name, this.#state, event);
    for (const action of cell.do ?? []) this.#performer.do[action](input);
    this.#state = cell.next ?? this.#state;
    for (const notice of cell.emit ?? []) this.#performer.emit(notice, input);
  }
}
