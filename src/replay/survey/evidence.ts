import type { Facts } from '../../trace/facts.ts';
import type { ListenOption } from '../options.ts';
import { Seen } from './flows.ts';
import { Peek } from './peek.ts';
import type { Survey } from './survey.ts';

const SYN_SEEN = Seen.synFromLow | Seen.synFromHigh | Seen.synAckFromLow | Seen.synAckFromHigh;

/** Answers what the host asks of the capture about a packet that fits nothing it knows. */
export interface Witness {
  isMeaningless(packet: Facts): boolean;
  hasAnswered(packet: Facts): boolean;
  hasAccepted(packet: Facts): boolean;
  speaks(packet: Facts): boolean;
  beganBefore(packet: Facts): boolean;
  mayListen(packet: Facts): boolean;
  mayHaveUdp(packet: Facts): boolean;
}

/** A pipe cannot be asked what comes later: whoever is not refused is taken to be there. */
export const NO_EVIDENCE: Witness = {
  isMeaningless: () => false,
  hasAnswered: () => false,
  hasAccepted: () => true,
  speaks: () => false,
  beganBefore: () => true,
  mayListen: () => true,
  mayHaveUdp: () => true,
};

/** What the survey saw of the flow. */
export class Evidence implements Witness {
  private readonly survey: Survey;
  private readonly listen: readonly ListenOption[];
  private readonly peek = new Peek();

  constructor(survey: Survey, listen: readonly ListenOption[]) {
    this.survey = survey;
    this.listen = listen;
  }

  /** Nearly all checksums of the packet's sender are wrong. */
  isMeaningless(packet: Facts): boolean {
    return this.survey.trust.isMeaningless(packet);
  }

  /** The packet's addressee has sent something to its sender. */
  hasAnswered(packet: Facts): boolean {
    const server = this.survey.candidates.find(packet.dst0, packet.dst1, packet.dst2, packet.dst3);
    const client = this.survey.candidates.find(packet.src0, packet.src1, packet.src2, packet.src3);
    return server !== undefined && client !== undefined && this.survey.servers.hasAnswered(server, client);
  }

  /** The packet's addressee sent something other than a reset in this very connection. */
  hasAccepted(packet: Facts): boolean {
    const { flows } = this.survey;
    const seen = flows.find(this.asPeek(packet));
    return (seen & (flows.fromLow ? Seen.synAckFromHigh | Seen.sentByHigh : Seen.synAckFromLow | Seen.sentByLow)) !== 0;
  }

  /** The packet's addressee has sent packets of the same protocol. */
  speaks(packet: Facts): boolean {
    const host = this.survey.candidates.find(packet.dst0, packet.dst1, packet.dst2, packet.dst3);
    return host !== undefined && this.survey.messages.speaks(host, packet.protocol);
  }

  /** No handshake of the flow is in the capture, and the server took part in it otherwise than by a reset. */
  beganBefore(packet: Facts): boolean {
    const { flows } = this.survey;
    const seen = flows.find(this.asPeek(packet));
    if (seen === 0) return true;
    if ((seen & SYN_SEEN) !== 0) return false;
    const serverSent = flows.fromLow ? Seen.sentByHigh : Seen.sentByLow;
    const serverReset = flows.fromLow ? Seen.resetByHigh : Seen.resetByLow;
    return (seen & serverSent) !== 0 || (seen & serverReset) === 0;
  }

  /** Listeners are known from the survey. */
  mayListen(): boolean {
    return false;
  }

  /** Nothing refused the port; where the user says which ports are open, only they are. */
  mayHaveUdp(packet: Facts): boolean {
    if (this.listen.some(({ protocol }) => protocol === 'udp')) return false;
    const { survey } = this;
    const address = survey.candidates.find(packet.dst0, packet.dst1, packet.dst2, packet.dst3);
    if (address === undefined) return true;
    const endpoint = survey.servers.endpoint(address, packet.destinationPort, 'udp');
    return endpoint === undefined || endpoint.answered || !endpoint.refused;
  }

  private asPeek(packet: Facts): Peek {
    const { peek } = this;
    peek.family = packet.family;
    peek.src0 = packet.src0;
    peek.src1 = packet.src1;
    peek.src2 = packet.src2;
    peek.src3 = packet.src3;
    peek.dst0 = packet.dst0;
    peek.dst1 = packet.dst1;
    peek.dst2 = packet.dst2;
    peek.dst3 = packet.dst3;
    peek.protocol = packet.protocol;
    peek.sourcePort = packet.sourcePort;
    peek.destinationPort = packet.destinationPort;
    return peek;
  }
}
