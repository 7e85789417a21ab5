/** The message of the `await` cases: 60 bytes of payload, every one of which carries a value, as rivals' bodies do. */
import { defineMessage, f64, u32 } from 'ctrl-if';
import type { Mark } from './checker.ts';

export const ECHO = defineMessage({
  name: 'ECHO',
  type: 42,
  payload: {
    sequence: u32,
    mark: u32,
    bid: f64,
    ask: f64,
    bidSize: f64,
    askSize: f64,
    sentAt: f64,
    heardAt: f64,
    venue: u32,
  },
});

export interface Echo {
  readonly name: 'ECHO';
  readonly sequence: number;
  readonly mark: number;
}

export function echoMessage(sequence: number, mark: Mark) {
  return {
    name: 'ECHO',
    sequence,
    mark,
    bid: 101.25,
    ask: 101.5,
    bidSize: 300,
    askSize: 500,
    sentAt: 1e12,
    heardAt: 0,
    venue: 7,
  } as const;
}
