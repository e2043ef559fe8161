import { u16 } from '../../wire/bytes.ts';
import { IpProtocol } from '../../wire/ip-protocol.ts';
import { IPV6_HEADER } from '../../wire/ipv6.ts';
import { FRAGMENT_HEADER, isExtension } from '../../wire/ipv6-extensions.ts';

/** The field of the IPv6 header that names the first header after it, counted from its start. */
const FIRST_NAME = 6;

/**
 * Looks for the upper layer of an IPv6 packet that may be cut anywhere: one that an ICMPv6 error quotes, or that is in fault. Unlike
 * `Ipv6Extensions` it judges nothing. One object serves all; `find` sets every field.
 */
export class Ipv6Chain {
  /** Protocol number of the first header that is no extension, or whose extension header is cut; where it begins. */
  protocol = 0;
  offset = 0;
  /** The byte, counted from the IPv6 header, that names it. */
  name = 0;
  /** A fragment other than the first: what begins at `offset` is no header. */
  isLaterFragment = false;
  /** A part of a datagram only: the first fragment or another. */
  hasFragment = false;
  /** It has walked over an authentication header. */
  hasAuthentication = false;

  /** Walks from the IPv6 header at `start`, not beyond `end`, and, if given, not beyond the header at `stop`. */
  find(bytes: Uint8Array, start: number, end: number, stop = end): this {
    this.protocol = bytes[start + FIRST_NAME]!;
    this.offset = start + IPV6_HEADER;
    this.name = FIRST_NAME;
    this.isLaterFragment = this.hasFragment = this.hasAuthentication = false;
    return this.go(bytes, start, end, stop);
  }

  /**
   * Walks to the first fragment header, whatever the headers before it say (Linux find_prev_fhdr). True: `offset` and `name` are its own;
   * of the header itself there may be less than all.
   */
  findFragment(bytes: Uint8Array, start: number, end: number): boolean {
    this.protocol = bytes[start + FIRST_NAME]!;
    this.offset = start + IPV6_HEADER;
    this.name = FIRST_NAME;
    while (this.protocol !== IpProtocol.fragment) {
      const at = this.offset;
      if (!isStep(this.protocol) || at + 2 > end) return false;
      this.offset = at + lengthAt(bytes, at, this.protocol);
      this.protocol = bytes[at]!;
      this.name = at - start;
    }
    return this.offset <= end;
  }

  /** Goes on from a header in the middle of the chain. */
  findFrom(bytes: Uint8Array, start: number, end: number, protocol: number, offset: number): this {
    this.protocol = protocol;
    this.offset = offset;
    this.name = 0;
    this.isLaterFragment = this.hasFragment = this.hasAuthentication = false;
    return this.go(bytes, start, end, end);
  }

  private go(bytes: Uint8Array, start: number, end: number, stop: number): this {
    while (isStep(this.protocol) && this.offset < stop && this.offset + headOf(this.protocol) <= end) {
      const at = this.offset;
      if (this.protocol === IpProtocol.authentication) this.hasAuthentication = true;
      if (this.protocol === IpProtocol.fragment && (u16(bytes, at + 2) & 0xfff9) !== 0) {
        this.hasFragment = true;
        this.isLaterFragment = (u16(bytes, at + 2) & 0xfff8) !== 0;
      }
      this.offset = at + lengthAt(bytes, at, this.protocol);
      this.protocol = bytes[at]!;
      this.name = at - start;
      if (this.isLaterFragment) break;
    }
    return this;
  }
}

/** A header that the chain may go on behind; where one is left at its end, it was cut. */
export function isStep(protocol: number): boolean {
  return isExtension(protocol) || protocol === IpProtocol.authentication;
}

/** So much of a header must be there to step over it. */
function headOf(protocol: number): number {
  return protocol === IpProtocol.fragment ? 4 : 2;
}

function lengthAt(bytes: Uint8Array, at: number, protocol: number): number {
  if (protocol === IpProtocol.fragment) return FRAGMENT_HEADER;
  if (protocol === IpProtocol.authentication) return (bytes[at + 1]! + 2) << 2;
  return (bytes[at + 1]! + 1) << 3;
}
