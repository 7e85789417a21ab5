/**
 * A state machine as data: one cell for each state and event, with the actions, the next state and the notices.
 * The types make a missing cell a compile error, unless its row has a default. {@link StateMachine} awaits the actions of its table.
 * {@link SyncStateMachine} does not: its actions start work that ends in another event.
 */

/**
 * One cell. The actions of `do` run first, in order. When one fails, the state stays. Then the state becomes `next`, where there is one.
 * The notices of `emit` come last, so that their receivers find the new state.
 */
export interface Cell<State extends string, Action extends string, Notice extends string> {
  readonly do?: readonly Action[];
  readonly next?: State;
  readonly emit?: readonly Notice[];
}

/** No action, the same state, no notice. */
export const STAY: Cell<never, never, never> = {};

/** The cells of one state: one for each event, or a `default` for the events that the row does not name. */
export type Row<State extends string, Event extends string, Action extends string, Notice extends string> =
  | { readonly [E in Event]: Cell<State, Action, Notice> }
  | ({ readonly [E in Event]?: Cell<State, Action, Notice> } & { readonly default: Cell<State, Action, Notice> });

/** All cells of a state machine, in the order in which the docs show them. */
export interface Table<State extends string, Event extends string, Action extends string, Notice extends string> {
  /** The heading in the docs: `shutdown`. */
  readonly name: string;
  readonly initial: State;
  readonly events: readonly Event[];
  readonly cells: { readonly [S in State]: Row<State, Event, Action, Notice> };
}

/** Any table, for code that only reads it. */
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

/** Does the actions and sends the notices of a table. `Input` comes with each event. */
export interface Performer<Action extends string, Notice extends string, Input> {
  readonly do: { readonly [A in Action]: (input: Input) => unknown };
  /** Answers a request, sends a message or emits an event of an emitter, as the table's owner decides. */
  emit(notice: Notice, input: Input): unknown;
}

/** Thrown by an action whose failure is an event of its own table. `cause` goes to the caller that fired the first event. */
export class Raised extends Error {
  readonly event: string;

  constructor(event: string, cause: unknown) {
    super(event, { cause });
    this.event = event;
  }
}

type CellListener = (table: string, state: string, event: string) => void;
let onCell: CellListener | undefined;

/** @internal Tests count with it the cells that they reach. There is one listener at a time. */
export function watchCells(listener: CellListener | undefined): void {
  onCell = listener;
}

/** The current state of one table, and what its events do. */
abstract class TableState<
  State extends string,
  Event extends string,
  Action extends string,
  Notice extends string,
  Input,
> {
  protected readonly performer: Performer<Action, Notice, Input>;
  readonly #table: Table<State, Event, Action, Notice>;
  #state: State;

  constructor(table: Table<State, Event, Action, Notice>, performer: Performer<Action, Notice, Input>) {
    this.#table = table;
    this.performer = performer;
    this.#state = table.initial;
  }

  get state(): State {
    return this.#state;
  }

  /** The cell of an event in the current state. The event is counted as reached. */
  protected cellFor(event: Event): Cell<State, Action, Notice> {
    onCell?.(this.#table.name, this.#state, event);
    return cellOf(this.#table, this.#state, event);
  }

  protected enter(cell: Cell<State, Action, Notice>): void {
    this.#state = cell.next ?? this.#state;
  }
}

/**
 * Runs one table. An event begins when the one before it is done, its promises included. So an action must not await an event that it
 * fires itself.
 */
export class StateMachine<
  State extends string,
  Event extends string,
  Action extends string,
  Notice extends string,
  Input,
> extends TableState<State, Event, Action, Notice, Input> {
  #turn: Promise<unknown> = Promise.resolve();

  /**
   * Resolves with the new state when the cell is done. Rejects with the error of its action.
   *
   * @param isDue called when the events before this one are done; false skips this one
   */
  fire(event: Event, input: Input, isDue: () => boolean = () => true): Promise<State> {
    const turn = this.#turn.then(() => (isDue() ? this.#step(event, input) : this.state));
    this.#turn = turn.catch(() => {});
    return turn;
  }

  async #step(event: Event, input: Input): Promise<State> {
    const cell = this.cellFor(event);
    try {
      for (const action of cell.do ?? []) await this.performer.do[action](input);
    } catch (error) {
      if (!(error instanceof Raised)) throw error;
      await this.#step(error.event as Event, input);
      throw error.cause;
    }
    this.enter(cell);
    for (const notice of cell.emit ?? []) await this.performer.emit(notice, input);
    return this.state;
  }
}

/**
 * Runs one table whose actions only start work. The end of the work is another event. An event is done when {@link fire} returns,
 * so no event waits for work that is under way.
 */
export class SyncStateMachine<
  State extends string,
  Event extends string,
  Action extends string,
  Notice extends string,
  Input,
> extends TableState<State, Event, Action, Notice, Input> {
  readonly #queue: { readonly event: Event; readonly input: Input }[] = [];
  #isStepping = false;

  /**
   * Runs the cell of an event. An event that an action or a notice fires runs when the current event is done.
   *
   * @throws the error of an action or a notice
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
    const cell = this.cellFor(event);
    for (const action of cell.do ?? []) this.performer.do[action](input);
    this.enter(cell);
    for (const notice of cell.emit ?? []) this.performer.emit(notice, input);
  }
}
