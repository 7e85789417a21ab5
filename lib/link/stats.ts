import type { IdleStrategy } from './wait/idle-strategy.ts';

/** The counters of one side of a link since its beginning, and its state now. */
export interface LinkStats {
  /** Requests that this side has put into the ring, also those with id 0xFF. */
  requestsSent: number;
  /** Responses that this side has taken, late ones included, without those to id 0xFF. */
  responsesReceived: number;
  /** Requests that this side has taken. */
  requestsReceived: number;
  /** Responses that this side has put into the ring. */
  responsesSent: number;
  /** Responses to requests that had ended by timeout or signal. */
  lateResponses: number;
  /** Requests that did not decode, such as those with a wrong `length`; answered with length 0. */
  malformedRequests: number;
  /** Requests without a receiver; answered with length 0. */
  unclaimedRequests: number;
  /** Requests sent and not yet answered, 0 to 8. */
  inFlight: number;
  /** Messages that wait for a free slot or id. */
  waiting: number;
  /** Requests taken from the peer and not yet answered. */
  unanswered: number;
  /** What this side does without messages. */
  idle: IdleStrategy;
  /** How long this side polls before it sleeps, in microseconds, while it awaits a response (`answers`) and otherwise (`requests`). */
  idleBudget: { answers: number; requests: number };
  /** Whether this side sleeps until it is notified. It uses no CPU then. */
  asleep: boolean;
  /** How often this side went to sleep. */
  sleeps: number;
  /** How often the peer slept when this side published, so that this side notified it. */
  notified: number;
  /** How many of these notifications took a system call. */
  doorbellsRung: number;
  /** How often the peer has notified this side. */
  doorbellsReceived: number;
}
