/** Figures as text: three digits, which is more than two runs have in common. */

export function number(value: number): string {
  return value.toLocaleString('en', { maximumSignificantDigits: 3 });
}

/** Of nanoseconds. */
export function duration(ns: number): string {
  const [unit, size] = scale(ns, [
    ['s', 1e9],
    ['ms', 1e6],
    ['µs', 1e3],
    ['ns', 1],
  ]);
  return `${number(ns / size)} ${unit}`;
}

export function count(value: number): string {
  const [unit, size] = scale(value, [
    ['M', 1e6],
    ['k', 1e3],
    ['', 1],
  ]);
  return `${number(value / size)}${unit && ` ${unit}`}`;
}

/** A share of something below 1 reads better the other way around only where the reader is told; here it is not. */
export function times(ratio: number): string {
  return `${number(ratio)} x`;
}

export function goalText(goal: { readonly atMost: number } | { readonly atLeast: number }): string {
  return 'atMost' in goal ? `≤ ${goal.atMost}` : `≥ ${goal.atLeast}`;
}

/** The largest unit that leaves a whole number before the point; rounding up to the next unit counts. */
function scale(value: number, units: readonly (readonly [string, number])[]): readonly [string, number] {
  return units.find(([, size]) => Number(value.toPrecision(3)) >= size) ?? units.at(-1)!;
}
