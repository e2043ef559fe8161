import type { DecisionName } from '../catalogue.ts';

/** What is known of a status code. */
export interface StatusEntry {
  readonly status: number;
  /** The reason phrase. */
  readonly name: string;
  readonly clause: string;
  /** What it means. */
  readonly en: string;
  readonly zh: string;
  /** When rxpath's own server gives it of itself. Absent: only where a rule or a mounted program says so, or in captures. */
  readonly when?: string;
  readonly whenZh?: string;
  /** What the client, or whoever runs it, should do. */
  readonly advice: string;
  readonly adviceZh: string;
  /** Decisions of the server that lead to it. */
  readonly decisions: readonly DecisionName[];
}
