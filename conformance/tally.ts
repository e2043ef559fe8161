/** Checks that passed, failed, or failed as the list of accepted differences says. */
export interface Count {
  passed: number;
  failed: number;
  accepted: number;
}

/** Counts by category, and their table. */
export class Tally {
  private readonly rows = new Map<string, Count>();
  readonly total: Count = { passed: 0, failed: 0, accepted: 0 };

  add(category: string, count: Readonly<Count>): void {
    const row = this.rows.get(category) ?? { passed: 0, failed: 0, accepted: 0 };
    this.rows.set(category, row);
    for (const sum of [row, this.total]) {
      sum.passed += count.passed;
      sum.failed += count.failed;
      sum.accepted += count.accepted;
    }
  }

  lines(): string[] {
    const head = ['category', 'passed', 'failed', 'accepted', 'agreement'];
    const body = [...this.rows].sort(([a], [b]) => (a < b ? -1 : 1)).map(([category, count]) => cells(category, count));
    const rows = [head, ...body, cells('all', this.total)];
    const widths = head.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
    return rows.map((row) => row.map((text, i) => (i === 0 ? text.padEnd(widths[i]!) : text.padStart(widths[i]!))).join('  '));
  }
}

function cells(name: string, { passed, failed, accepted }: Count): string[] {
  return [name, String(passed), String(failed), String(accepted), percent(passed, passed + failed + accepted)];
}

/** Never 100 % with a difference left. */
function percent(part: number, whole: number): string {
  return whole === 0 ? '-' : `${(Math.floor((part / whole) * 10_000) / 100).toFixed(2)} %`;
}
