import { IcmpType } from '../../wire/icmp.ts';
import { Icmpv6Type } from '../../wire/icmpv6.ts';

/** Node information query and reply (RFC 4620). */
const NODE_QUERY = 139;

/** Which question an ICMP answer belongs to. */
export const QUESTION4: Readonly<Record<number, number>> = {
  [IcmpType.echoReply]: IcmpType.echoRequest,
  [IcmpType.timestampReply]: IcmpType.timestampRequest,
  [IcmpType.informationReply]: IcmpType.informationRequest,
  [IcmpType.addressMaskReply]: IcmpType.addressMaskRequest,
};
export const QUESTION6: Readonly<Record<number, number>> = {
  [Icmpv6Type.echoReply]: Icmpv6Type.echoRequest,
  [NODE_QUERY + 1]: NODE_QUERY,
};
export const QUESTIONS4: ReadonlySet<number> = new Set(Object.values(QUESTION4));
export const QUESTIONS6: ReadonlySet<number> = new Set(Object.values(QUESTION6));
export const ERRORS4: ReadonlySet<number> = new Set([
  IcmpType.destinationUnreachable,
  IcmpType.sourceQuench,
  IcmpType.redirect,
  IcmpType.timeExceeded,
  IcmpType.parameterProblem,
]);
/** The link's own affairs, which are no conversations. */
export const UNTRACKED6: ReadonlySet<number> = new Set([
  Icmpv6Type.listenerQuery,
  Icmpv6Type.listenerReport,
  Icmpv6Type.listenerDone,
  Icmpv6Type.routerSolicitation,
  Icmpv6Type.routerAdvertisement,
  Icmpv6Type.neighborSolicitation,
  Icmpv6Type.neighborAdvertisement,
  Icmpv6Type.listenerReport2,
  Icmpv6Type.multicastRouterAdvertisement,
  Icmpv6Type.multicastRouterSolicitation,
]);
