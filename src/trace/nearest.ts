/** Most edits at which a name still counts as a misspelling of another. */
const FAR = 4;

/** The names most like `word`: those that contain it, then those a few edits away; at most `limit`. */
export function nearest(word: string, names: Iterable<string>, limit = 5): string[] {
  const wanted = word.toLowerCase();
  const scored: { name: string; score: number }[] = [];
  for (const name of new Set(names)) {
    const candidate = name.toLowerCase();
    const contains = wanted.length >= 3 && (candidate.includes(wanted) || wanted.includes(candidate));
    const score = contains ? Math.abs(candidate.length - wanted.length) / 100 : edits(wanted, candidate);
    if (score <= Math.min(FAR, Math.ceil(wanted.length / 3))) scored.push({ name, score });
  }
  return scored
    .sort((x, y) => x.score - y.score || (x.name < y.name ? -1 : 1))
    .slice(0, limit)
    .map((entry) => entry.name);
}

/** Insertions, deletions, replacements and swaps of neighbours that make one word of the other. */
function edits(from: string, to: string): number {
  let before: number[] = [];
  let last = Array.from({ length: to.length + 1 }, (_, i) => i);
  for (let i = 1; i <= from.length; i++) {
    const row = [i];
    for (let j = 1; j <= to.length; j++) {
      const same = from[i - 1] === to[j - 1];
      let best = Math.min(last[j]! + 1, row[j - 1]! + 1, last[j - 1]! + (same ? 0 : 1));
      if (i > 1 && j > 1 && from[i - 1] === to[j - 2] && from[i - 2] === to[j - 1]) best = Math.min(best, before[j - 2]! + 1);
      row.push(best);
    }
    before = last;
    last = row;
  }
  return last[to.length]!;
}
