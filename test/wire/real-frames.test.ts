import assert from 'node:assert/strict';
import { formatIp, formatIp4, formatMac } from '../../src/wire/address.ts';
import { ArpView } from '../../src/wire/arp.ts';
import { checksum, pseudoHeader4, pseudoHeader6 } from '../../src/wire/checksum.ts';
import { EthernetView, EtherType } from '../../src/wire/ethernet.ts';
import { IcmpView } from '../../src/wire/icmp.ts';
import { Icmpv6View } from '../../src/wire/icmpv6.ts';
import { Ipv4View } from '../../src/wire/ipv4.ts';
import { Ipv6View } from '../../src/wire/ipv6.ts';
import { NdpView } from '../../src/wire/ndp.ts';
import { TcpView } from '../../src/wire/tcp.ts';
import { TcpOptions } from '../../src/wire/tcp-options.ts';
import { UdpView } from '../../src/wire/udp.ts';
import { buildFrame, type FrameFields } from './frame-builder.ts';
import { REAL_FRAMES, type RealFrame, realFrame } from './real-frames.ts';

const NAMES = Object.keys(REAL_FRAMES) as RealFrame[];

/** The frame as fields, checksums and lengths left out: who builds from them must find them again. */
function fieldsOf(bytes: Uint8Array): FrameFields {
  const ethernet = new EthernetView().at(bytes, 0, bytes.length);
  assert.equal(ethernet.check(), 0);
  const { destination, source, etherType } = ethernet;
  const link = { ethernet: { destination, source } };
  if (etherType === EtherType.arp) return { ...link, arp: arpOf(bytes) };
  return etherType === EtherType.ipv6 ? { ...link, ...ipv6Of(bytes) } : { ...link, ...ipv4Of(bytes) };
}

function arpOf(bytes: Uint8Array): NonNullable<FrameFields['arp']> {
  const view = new ArpView().at(bytes, 14, bytes.length);
  assert.equal(view.check(), 0);
  const { operation, senderMac, senderIp, targetMac, targetIp } = view;
  return { operation, senderMac, senderIp, targetMac, targetIp };
}

function ipv4Of(bytes: Uint8Array): FrameFields {
  const view = new Ipv4View().at(bytes, 14, bytes.length);
  assert.equal(view.check(), 0);
  const { tos, id, dontFragment, ttl, source, destination, optionsStart, optionsEnd } = view;
  const options = bytes.subarray(optionsStart, optionsEnd);
  const ipv4 = { tos, id, dontFragment, ttl, source, destination, options };
  return { ipv4, ...upperOf(view.protocol, bytes, optionsEnd) };
}

function ipv6Of(bytes: Uint8Array): FrameFields {
  const v = new Ipv6View().at(bytes, 14, bytes.length);
  assert.equal(v.check(), 0);
  const { trafficClass, flowLabel, hopLimit } = v;
  const source = formatIp(6, v.source0, v.source1, v.source2, v.source3);
  const destination = formatIp(6, v.destination0, v.destination1, v.destination2, v.destination3);
  return { ipv6: { trafficClass, flowLabel, hopLimit, source, destination }, ...upperOf(v.nextHeader, bytes, 54) };
}

function upperOf(protocol: number, bytes: Uint8Array, start: number): FrameFields {
  const end = bytes.length;
  if (protocol === 6) {
    const view = new TcpView().at(bytes, start, end);
    const options = new TcpOptions();
    options.parse(bytes, view.optionsStart, view.optionsEnd);
    const { sourcePort, destinationPort, seq, ack, flags, window, urgentPointer, payloadStart } = view;
    const tcp = { sourcePort, destinationPort, seq, ack, flags, window, urgentPointer, options };
    return { tcp, payload: bytes.subarray(payloadStart, end) };
  }
  if (protocol === 17) {
    const { sourcePort, destinationPort } = new UdpView().at(bytes, start, end);
    return { udp: { sourcePort, destinationPort }, payload: bytes.subarray(start + 8, end) };
  }
  const { type, code, rest } = new IcmpView().at(bytes, start, end);
  const message = { type, code, rest };
  const payload = bytes.subarray(start + 8, end);
  return protocol === 58 ? { icmpv6: message, payload } : { icmp: message, payload };
}

describe('real frames', () => {
  for (const name of NAMES) {
    it(`${name}: built again from its fields gives the same bytes, checksums and TCP options included`, () => {
      const bytes = realFrame(name);
      assert.equal(Buffer.from(buildFrame(fieldsOf(bytes))).toString('hex'), REAL_FRAMES[name]);
    });
  }

  for (const name of NAMES) {
    if (name.startsWith('arp')) continue;
    it(`${name}: its transport checksum verifies`, () => {
      const bytes = realFrame(name);
      const isIpv6 = new EthernetView().at(bytes, 0, 14).etherType === EtherType.ipv6;
      if (isIpv6) {
        const v = new Ipv6View().at(bytes, 14, bytes.length);
        const sum = pseudoHeader6(
          v.source0,
          v.source1,
          v.source2,
          v.source3,
          v.destination0,
          v.destination1,
          v.destination2,
          v.destination3,
          v.nextHeader,
          v.payloadLength,
        );
        assert.equal(checksum(bytes, 54, bytes.length, sum), 0);
        return;
      }
      const v = new Ipv4View().at(bytes, 14, bytes.length);
      const pseudo = v.protocol === 1 ? 0 : pseudoHeader4(v.source, v.destination, v.protocol, v.totalLength - v.headerLength);
      assert.equal(v.checksumGood, true);
      assert.equal(checksum(bytes, v.optionsEnd, bytes.length, pseudo), 0);
    });
  }

  it('the SYN of curl reads as tshark reads it', () => {
    const bytes = realFrame('syn');
    const link = new EthernetView().at(bytes, 0, bytes.length);
    const ip = new Ipv4View().at(bytes, 14, bytes.length);
    const tcp = new TcpView().at(bytes, 34, bytes.length);
    assert.deepEqual(
      {
        destination: formatMac(link.destinationHigh, link.destinationLow),
        source: formatMac(link.sourceHigh, link.sourceLow),
        etherType: link.etherType,
        isLength: link.isLength,
      },
      { destination: '02:00:00:00:00:01', source: '02:00:00:00:00:02', etherType: 0x0800, isLength: false },
    );
    assert.deepEqual(
      {
        version: ip.version,
        ihl: ip.ihl,
        headerLength: ip.headerLength,
        tos: ip.tos,
        totalLength: ip.totalLength,
        id: ip.id,
        dontFragment: ip.dontFragment,
        isFragment: ip.isFragment,
        ttl: ip.ttl,
        protocol: ip.protocol,
        headerChecksum: ip.headerChecksum,
        source: formatIp4(ip.source),
        destination: formatIp4(ip.destination),
      },
      {
        version: 4,
        ihl: 5,
        headerLength: 20,
        tos: 0,
        totalLength: 60,
        id: 16289,
        dontFragment: true,
        isFragment: false,
        ttl: 64,
        protocol: 6,
        headerChecksum: 0xe718,
        source: '10.0.0.2',
        destination: '10.0.0.1',
      },
    );
    assert.deepEqual(
      {
        sourcePort: tcp.sourcePort,
        destinationPort: tcp.destinationPort,
        seq: tcp.seq,
        ack: tcp.ack,
        dataOffset: tcp.dataOffset,
        headerLength: tcp.headerLength,
        reserved: tcp.reserved,
        flags: tcp.flags,
        window: tcp.window,
        checksum: tcp.checksum,
        urgentPointer: tcp.urgentPointer,
        payload: bytes.length - tcp.payloadStart,
      },
      {
        sourcePort: 51766,
        destinationPort: 80,
        seq: 3132463389,
        ack: 0,
        dataOffset: 10,
        headerLength: 40,
        reserved: 0,
        flags: 2,
        window: 64240,
        checksum: 0x3c49,
        urgentPointer: 0,
        payload: 0,
      },
    );
  });

  it('the neighbour advertisement says where the target is', () => {
    const bytes = realFrame('neighborAdvertisement');
    const view = new NdpView().at(bytes, 54, bytes.length);
    assert.equal(view.check(), 0);
    assert.equal(formatIp(6, view.target0, view.target1, view.target2, view.target3), 'fd00:10::1');
    const { isRouter, isSolicited, isOverride, sourceLinkLayer, targetLinkLayer } = view;
    assert.deepEqual(
      { isRouter, isSolicited, isOverride, sourceLinkLayer, targetLinkLayer },
      { isRouter: false, isSolicited: true, isOverride: true, sourceLinkLayer: -1, targetLinkLayer: 0x0200_0000_0001 },
    );
  });

  it('the parameter problem of ICMPv6 points at the option', () => {
    const view = new Icmpv6View().at(realFrame('parameterProblem6'), 54, 126);
    assert.deepEqual([view.type, view.code, view.pointer, view.isError, view.payloadStart], [4, 2, 42, true, 62]);
  });

  it('the port unreachable quotes the datagram that caused it', () => {
    const view = new IcmpView().at(realFrame('portUnreachable'), 34, 76);
    assert.deepEqual([view.type, view.code, view.rest, view.isError], [3, 3, 0, true]);
    assert.deepEqual(realFrame('portUnreachable').subarray(view.payloadStart), realFrame('udp').subarray(14));
  });
});
