import type { FragPolicy, HostAddress } from '../host/config.ts';

export interface ListenOption {
  readonly protocol: 'tcp' | 'udp';
  readonly port: number;
}

/** What the user may decide of an analysis; empty lists: found from the capture. */
export interface AnalyzeOptions {
  readonly hosts: readonly HostAddress[];
  readonly listen: readonly ListenOption[];
  readonly fcs: 'auto' | 'present' | 'none';
  readonly offload: boolean;
  readonly fragPolicy: FragPolicy;
}
