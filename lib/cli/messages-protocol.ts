/** What the exchange's two processes say to each other beside the page, over Node's IPC channel. */
import type { CtrlIfErrorCode } from '../errors.ts';
import type { NamedEngine } from '../page/page.ts';
import type { Arrivals, Crossing } from './crossing.ts';

/** From the controller's process. The guest does one at a time and answers each with one {@link Reply}. */
export type Command =
  /** Connect to the controller of that name, ready to receive all that goes to a guest. */
  | { do: 'connect'; name: string; engine: NamedEngine }
  /** Send all that goes to the controller, over the link connected first. */
  | { do: 'send' }
  /** Tell what has arrived over the link connected first. */
  | { do: 'report' }
  /** Send that back, as it is. */
  | { do: 'echo'; message: object }
  /** Close all links and end. */
  | { do: 'end' };

export type Reply =
  | { is: 'done'; arrivals?: Arrivals; message?: object }
  /** Before the reply to `send`: one message is across. */
  | { is: 'crossed'; crossing: Crossing }
  | { is: 'failed'; code: CtrlIfErrorCode; message: string };
