import type { FlowEnds, Mac } from '../../host/config.ts';
import type { ServerConfiguration } from '../../server/configuration.ts';
import { EtherType } from '../../wire/ethernet.ts';
import type { Frame } from '../../wire/frame.ts';
import { FrameDirection } from '../../wire/frame.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { LinkType } from '../../wire/link.ts';
import { TcpFlag } from '../../wire/tcp.ts';
import { ConfiguredServer } from '../compare/configured-server.ts';
import type { AnalyzeOptions } from '../options.ts';
import { CapturedIsns } from '../rewrite/captured-isns.ts';
import { AddressSet } from '../survey/address-set.ts';
import type { Direction } from '../survey/direction.ts';
import { Flows } from '../survey/flows.ts';
import { MOST_HOST_ADDRESSES } from '../survey/hosts.ts';
import { Peek } from '../survey/peek.ts';
import type { Survey } from '../survey/survey.ts';
import { AskedOnce } from './asked-once.ts';
import { Machine, type OnClimbed } from './machine.ts';

/** Addresses of which it is remembered that their MACs were asked for. */
const MOST_RESOLVED = 1 << 16;

/** A server file beside an analysis: what it describes, and whether the capture is about that. */
export class Described {
  readonly configuration: ServerConfiguration;
  private readonly forMachine: ServerConfiguration;
  /** Answers the same requests, as streams. */
  readonly beside: ConfiguredServer;
  private readonly isns = new CapturedIsns();
  private readonly peek = new Peek();
  private readonly own = new AddressSet(MOST_HOST_ADDRESSES);
  /** Whose MACs the capture shows to be asked for, or told. */
  private readonly resolved = new AddressSet(MOST_RESOLVED);
  /** Flows in which the machine's card has sent more than resets. */
  private readonly spoken = new Flows();
  private isOnLink = false;
  private hasFcs = false;
  private isAsked = false;
  private speaks = false;

  constructor(configuration: ServerConfiguration) {
    const shared = new Map([...configuration.mounted].map(([name, mounted]) => [name, new AskedOnce(mounted)]));
    const asking = (): ServerConfiguration => ({
      ...configuration,
      mounted: new Map([...shared].map(([name, once]) => [name, once.asker()])),
    });
    this.configuration = configuration;
    this.forMachine = asking();
    this.beside = new ConfiguredServer(asking());
    for (const { words } of configuration.host.addresses) this.own.add(words[0], words[1], words[2], words[3]);
  }

  /** Shown every frame before the analysis begins, where the capture can be read twice. */
  readonly look = (frame: Frame): void => {
    const { peek } = this;
    this.isns.look(frame);
    if (frame.fcsLength > 0) this.hasFcs = true;
    peek.look(frame);
    if (isResolution(peek)) this.resolved.add(peek.src0, peek.src1, peek.src2, peek.src3);
    if (this.saysMore(peek)) {
      const flow = this.spoken.touch(peek);
      if (flow >= 0) this.spoken.mark(flow, 1);
    }
    if (this.isOnLink) return;
    const { hasMacs, src0, src1, src2, src3, dst0, dst1, dst2, dst3 } = peek;
    const { macs } = this.configuration.host;
    if (hasMacs)
      this.isOnLink =
        isAmong(macs, peek.sourceMacHigh, peek.sourceMacLow) || isAmong(macs, peek.destinationMacHigh, peek.destinationMacLow);
    if (peek.family === 0) return;
    const isAsked = this.own.find(dst0, dst1, dst2, dst3) >= 0;
    const speaks = this.own.find(src0, src1, src2, src3) >= 0;
    // where there are no MACs, the addresses tell
    if (!hasMacs) this.isOnLink = isAsked || speaks;
    this.isAsked ||= isAsked;
    this.speaks ||= speaks;
  };

  /** The captured machine has taken part in this flow: nothing has kept it from that. */
  readonly tookPart = (flow: FlowEnds): boolean => this.spoken.find(flow) !== 0;

  private saysMore(peek: Peek): boolean {
    const { hasMacs, hasTransport, protocol, tcpFlags, sourceMacHigh, sourceMacLow } = peek;
    if (!hasTransport || (protocol === IpProtocol.tcp ? (tcpFlags & TcpFlag.rst) !== 0 : protocol !== IpProtocol.udp))
      return false;
    if (hasMacs) return isAmong(this.configuration.host.macs, sourceMacHigh, sourceMacLow);
    return this.own.find(peek.src0, peek.src1, peek.src2, peek.src3) >= 0;
  }

  /**
   * The capture was taken on the link of the machine that the file describes: some frame goes to its card, or comes from there; or it is
   * spoken to, and the capture does not show what card it answers from.
   */
  get isCaptured(): boolean {
    return this.configuration.host.macs.length > 0 && (this.isOnLink || (this.isAsked && !this.speaks));
  }

  direction(otherwise: Direction): Direction {
    return new DirectionByMac(this.configuration.host.macs, otherwise);
  }

  machine(survey: Survey | null, options: AnalyzeOptions, onClimbed: OnClimbed): Machine {
    const { isns, hasFcs, resolved } = this;
    const isMeaningless = (peek: Peek) => survey?.trust.isMeaningless(peek) ?? false;
    return new Machine(this.forMachine, { isns, hasFcs, resolved, isMeaningless }, options, onClimbed);
  }
}

/** Of a machine whose MACs are known: what comes from one of them is its own. */
export class DirectionByMac implements Direction {
  readonly byAddress = false;
  private readonly macs: readonly Mac[];
  /** Of frames that have none. */
  private readonly otherwise: Direction;

  constructor(macs: readonly Mac[], otherwise: Direction) {
    this.macs = macs;
    this.otherwise = otherwise;
  }

  isInbound(peek: Peek, frame: Frame): boolean {
    if (!peek.hasMacs || frame.linkType !== LinkType.ethernet) return this.otherwise.isInbound(peek, frame);
    const { sourceMacHigh, sourceMacLow, destinationMacHigh, destinationMacLow } = peek;
    const isFromUs = isAmong(this.macs, sourceMacHigh, sourceMacLow);
    // somebody has taken our MAC, or our address, for his own: the file may say where the frame went
    if (isFromUs) return frame.direction !== FrameDirection.outbound && isAmong(this.macs, destinationMacHigh, destinationMacLow);
    return frame.direction !== FrameDirection.outbound || this.otherwise.isInbound(peek, frame);
  }
}

/** ARP, neighbour solicitation and advertisement. */
function isResolution({ etherType, protocol, hasTransport, icmpType }: Peek): boolean {
  return (
    etherType === EtherType.arp ||
    (protocol === IpProtocol.icmpv6 &&
      hasTransport &&
      (icmpType === Icmpv6Type.neighborSolicitation || icmpType === Icmpv6Type.neighborAdvertisement))
  );
}

function isAmong(macs: readonly Mac[], high: number, low: number): boolean {
  for (const mac of macs) if (mac.low === low && mac.high === high) return true;
  return false;
}
