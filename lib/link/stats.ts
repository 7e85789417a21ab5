import type { IdleStrategy } from './wait/idle-strategy.ts';

/** What has passed, and what is under way. */
export interface LinkStats {
  requestsSent: number;
  responsesReceived: number;
  requestsReceived: number;
  responsesSent: number;
  /** Responses to requests that had been given up. */
  lateResponses: number;
  /** Requests whose `length` was not their message's; answered with length 0. */
  malformedRequests: number;
  /** Requests that no receiver took; answered with length 0. */
  unclaimedRequests: number;
  /** Requests sent and not yet answered, and those waiting for a free slot or id. */
  inFlight: number;
  waiting: number;
  /** Requests taken from the peer and not yet answered. */
  unanswered: number;
  /** What this side does when nothing comes, and how long it polls before it sleeps, in microseconds, as of now. */
  idle: IdleStrategy;
  idleBudget: { answers: number; requests: number };
  /** Whether this side waits to be notified, using no CPU. */
  asleep: boolean;
  sleeps: number;
  /** How often the peer slept when something was published, and how often that took a system call. */
  notified: number;
  doorbellsRung: number;
  doorbellsHeard: number;
}
