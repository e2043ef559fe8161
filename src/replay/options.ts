import type { FragPolicy, HostAddress } from '../host/config.ts';
import type { ProfileName } from '../host/tcp/profile.ts';
import type { ServerConfiguration } from '../server/configuration.ts';
import type { ExchangeWatch } from '../server/http/exchange-log.ts';

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
  /** Whose TCP the host has; absent: as `server` has it, else Linux's. */
  readonly profile?: ProfileName;
  /** A server of ours that answers the same requests, for comparison; null: none. */
  readonly server?: ServerConfiguration | null;
  /** Shown the content of requests and responses. */
  readonly bodies?: ExchangeWatch | null;
  /** Every frame is looked at by every layer, also where its headers repeat those of one before it: slower, to the same effect. */
  readonly stepByStep?: boolean;
}
