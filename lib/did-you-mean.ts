/** The entry of `known` that `word` most probably means. Case, `-`, `_`, `.` and spaces do not count; a few letters may differ. */
export function didYouMean(word: string, known: readonly string[]): string | undefined {
  const wanted = bare(word);
  // So long a word is no typing mistake, and the cost grows with the square of its length.
  if (wanted.length > 64) return undefined;
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of known) {
    const distance = editDistance(wanted, bare(candidate));
    const allowed = Math.ceil(Math.max(wanted.length, candidate.length) / 3);
    if (distance <= allowed && distance < least) [best, least] = [candidate, distance];
  }
  return best;
}

function bare(word: string): string {
  return word.toLowerCase().replace(/[-_. ]/g, '');
}

/** How many letters must be inserted, dropped, replaced or swapped with their neighbour to make `b` of `a`. */
function editDistance(a: string, b: string): number {
  let [before, last] = [[] as number[], Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const same = a[i - 1] === b[j - 1];
      row[j] = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        row[j] = Math.min(row[j]!, before[j - 2]! + 1);
    }
    [before, last] = [last, row];
  }
  return last[b.length]!;
}
