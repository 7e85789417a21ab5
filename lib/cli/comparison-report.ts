import { CONTESTANTS, type Comparison, type ContestantName } from './compare.ts';
import { paint } from './output.ts';

const NAMES: Record<ContestantName, string> = {
  native: 'native',
  file: 'pure JS',
  unixSocket: 'Unix socket',
  processSend: 'process.send',
};
const RIVALS = ['unixSocket', 'processSend'] as const;

/** `whyOne` says why an engine is missing. */
export function comparisonLines(comparison: Comparison, whyOne: string): string[] {
  const { native, file } = comparison;
  const line = engineLine(native, file, whyOne);
  const rivals = RIVALS.filter((name) => comparison[name] !== undefined);
  if (rivals.length === 0) return [line];
  const ours = native === undefined ? 'file' : 'native';
  const those = rivals.map((name) => `${NAMES[name]} ${microseconds(comparison[name]!)} µs`).join(', ');
  const ratios = rivals.map((name) => times(comparison[name]! / comparison[ours]!)).join(' and ');
  return [line, `${those}: ${NAMES[ours]} is ${ratios}`];
}

function engineLine(native: number | undefined, file: number | undefined, whyOne: string): string {
  if (native !== undefined && file !== undefined) {
    return `native ${microseconds(native)} µs, pure JS ${microseconds(file)} µs: native is ${times(file / native)}`;
  }
  if (file !== undefined) return `pure JS ${microseconds(file)} µs; native not compared: ${whyOne}`;
  return `native ${microseconds(native!)} µs; pure JS not compared: ${whyOne}`;
}

function times(ratio: number): string {
  const [factor, than] = ratio >= 1 ? [ratio, 'faster'] : [1 / ratio, 'slower'];
  return paint('bold', `${factor.toFixed(1)} × ${than}`);
}

/** Two digits that mean something are enough, and more would claim what one run cannot. */
export function microseconds(value: number): string {
  return value < 10 ? value.toFixed(1) : value.toFixed(0);
}

/** `ratio` is that of the engines; `ratios` how much longer each of the others takes than the one of ours that was asked for. */
export function comparisonToJSON(comparison: Comparison, whyOne: string): object {
  const { native, file } = comparison;
  const both = native !== undefined && file !== undefined;
  const ours = native ?? file;
  const figures = CONTESTANTS.map((name) => [`${name}Microseconds`, rounded(comparison[name])]);
  const ratios = RIVALS.map((name) => [name, rounded(ours && comparison[name] && comparison[name] / ours)]);
  return {
    ...Object.fromEntries(figures),
    ratio: both ? rounded(file / native) : null,
    ratios: Object.fromEntries(ratios),
    ...(!both && { why: whyOne }),
  };
}

export function rounded(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 100) / 100;
}
