import type { HandFlow } from '../by-hand/hand-flow.ts';
import type { PeerConnection } from '../clients/peer-connection.ts';
import type { StepRecord } from '../record/step-record.ts';

/** The server's and the client's end of a connection. */
export interface Ports {
  readonly family: 4 | 6;
  readonly client: readonly number[];
  readonly clientPort: number;
  readonly server: readonly number[];
  readonly serverPort: number;
}

/** What a step is about: the connection that its expectations ask for. */
export interface About {
  /** Null: none. */
  readonly ports: Ports | null;
  readonly connection: PeerConnection | null;
  readonly flow: HandFlow | null;
  /** Responses that were complete when the step began. */
  readonly responsesBefore: number;
}

export const NOTHING_KNOWN: About = { ports: null, connection: null, flow: null, responsesBefore: 0 };

/** A step whose expectations are not judged yet. */
export interface OpenStep extends About {
  readonly record: StepRecord;
}
