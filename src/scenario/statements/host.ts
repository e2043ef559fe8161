import { PROFILE_NAMES } from '../../host/tcp/profile.ts';
import { ADDRESS, CIDR, HOST_ADDRESS, MAC, ROUTE_TO } from '../kinds/addresses.ts';
import { FIREWALL_FAMILY, FIREWALL_STATES, REJECT_WITH } from '../kinds/firewall.ts';
import { ICMP4, ICMP6 } from '../kinds/icmp.ts';
import { FLAG, integer, oneOf } from '../kinds/kind.ts';
import { INTERFACE, SYSCTL } from '../kinds/names.ts';
import { COUNT, IP_PROTOCOL, PORT, PORTS, POSITIVE, RATE, SETTING, SIZE, STATUS } from '../kinds/numbers.ts';
import { FLAG_MATCH } from '../kinds/tcp.ts';
import { AUTH, DIRECTORY, HEADER, LOCATION, METHOD, PATH, PROGRAM, TEXT } from '../kinds/text.ts';
import { DATE_TIME, DURATION } from '../kinds/times.ts';
import type { Shape } from './shape.ts';

const SERVER: Shape = {
  type: 'server',
  about: 'the machine: its card, its addresses, how fast it is',
  verbs: [{ words: 'server', aliases: ['host'] }],
  items: [{ key: 'name', kind: INTERFACE }],
  fields: [
    { key: 'mac', words: 'mac', aliases: ['lladdr'], kind: MAC, needed: true, like: 'mac 02:00:00:00:00:01' },
    {
      key: 'ip',
      words: 'ip',
      aliases: ['addr', 'address'],
      kind: HOST_ADDRESS,
      many: 'in a row',
      needed: true,
      like: 'ip 10.0.0.1/24',
    },
    { key: 'mtu', words: 'mtu', kind: integer('mtu', 'an MTU', 68, 65_535) },
    { key: 'ring', words: 'ring', kind: integer('ring', 'a number of slots', 1, 65_536) },
    { key: 'irqUsecs', words: 'irq_usecs', kind: COUNT },
    { key: 'irqFrames', words: 'irq_frames', kind: POSITIVE },
    { key: 'pollBudget', words: 'poll_budget', aliases: ['budget'], kind: POSITIVE },
    { key: 'cpuPerFrame', words: 'cpu_per_frame', kind: DURATION },
    { key: 'connections', words: 'connections', kind: POSITIVE },
    { key: 'promiscuous', words: 'promiscuous', aliases: ['promisc'], kind: FLAG },
    { key: 'phy', words: 'phy', kind: oneOf('phy', ['10base-t'], { '10baset': '10base-t' }) },
    { key: 'seed', words: 'seed', kind: COUNT },
  ],
};

const PROFILE: Shape = {
  type: 'profile',
  about: 'whose rules TCP follows where Linux and RFC 9293 differ',
  verbs: [{ words: 'profile' }],
  items: [{ key: 'name', kind: oneOf('profile', PROFILE_NAMES, { rfc: 'rfc9293', '9293': 'rfc9293' }) }],
  fields: [],
};

const SYSCTL_SHAPE: Shape = {
  type: 'sysctl',
  about: 'a setting of the kernel, by its Linux name',
  verbs: [{ words: 'sysctl' }],
  items: [{ key: 'name', kind: SYSCTL }],
  fields: [
    { key: 'values', words: '=', kind: SETTING, many: 'in a row', bare: true, needed: true, called: 'a value', like: '0' },
  ],
};

const ROUTE: Shape = {
  type: 'route',
  about: 'where packets go that are not for the link; with `sysctl net.ipv4.ip_forward 1` others’ packets too',
  verbs: [{ words: 'route' }],
  items: [
    { key: 'kind', kind: oneOf('route_kind', ['blackhole', 'unreachable', 'prohibit']), optional: true },
    { key: 'to', kind: ROUTE_TO },
  ],
  fields: [
    { key: 'via', words: 'via', aliases: ['gw', 'gateway'], kind: ADDRESS },
    { key: 'mtu', words: 'mtu', kind: integer('route_mtu', 'an MTU', 68, 65_535) },
  ],
};

const NEIGHBOUR: Shape = {
  type: 'neighbour',
  about: 'an entry of the neighbour table that never ages',
  verbs: [{ words: 'neighbour', aliases: ['neighbor', 'neigh'] }],
  items: [{ key: 'address', kind: ADDRESS }],
  fields: [{ key: 'mac', words: 'mac', aliases: ['lladdr'], kind: MAC, needed: true, like: 'mac 02:00:00:00:00:fe' }],
};

const FIREWALL: Shape = {
  type: 'firewall',
  about: 'a rule of the packet filter; the first one that matches wins',
  verbs: [{ words: 'firewall' }],
  items: [
    {
      key: 'action',
      kind: oneOf('firewall_action', ['accept', 'drop', 'reject'], {
        allow: 'accept',
        permit: 'accept',
        pass: 'accept',
        deny: 'drop',
        block: 'drop',
      }),
    },
    { key: 'protocol', kind: IP_PROTOCOL, optional: true },
  ],
  fields: [
    { key: 'notProtocol', words: 'not', aliases: ['not protocol', 'not proto'], kind: IP_PROTOCOL },
    { key: 'with', words: 'with', kind: REJECT_WITH },
    { key: 'hook', words: 'hook', aliases: ['chain'], kind: oneOf('hook', ['raw', 'prerouting', 'input', 'forward', 'output']) },
    { key: 'family', words: 'family', kind: FIREWALL_FAMILY },
    { key: 'from', words: 'from', aliases: ['saddr', 'src'], kind: CIDR },
    { key: 'to', words: 'to', aliases: ['daddr', 'dst'], kind: CIDR },
    { key: 'port', words: 'port', aliases: ['ports', 'dport', 'to port'], kind: PORTS, absent: [] },
    { key: 'sourcePort', words: 'sport', aliases: ['source_port', 'from port'], kind: PORTS, absent: [] },
    { key: 'flags', words: 'flags', kind: FLAG_MATCH },
    { key: 'notFrom', words: 'not from', aliases: ['not saddr', 'not src'], kind: CIDR },
    { key: 'notTo', words: 'not to', aliases: ['not daddr', 'not dst'], kind: CIDR },
    { key: 'notPort', words: 'not port', aliases: ['not ports', 'not dport', 'not to port'], kind: PORTS },
    { key: 'notSourcePort', words: 'not sport', aliases: ['not source_port', 'not from port'], kind: PORTS },
    { key: 'notFlags', words: 'not flags', kind: FLAG_MATCH },
    { key: 'icmp', words: 'icmp type', kind: ICMP4 },
    { key: 'icmpv6', words: 'icmpv6 type', aliases: ['icmp6 type'], kind: ICMP6 },
    { key: 'fragment', words: 'fragment', aliases: ['fragments'], kind: oneOf('fragment', ['any', 'later']) },
    { key: 'state', words: 'state', aliases: ['ct state'], kind: FIREWALL_STATES, absent: [] },
    { key: 'limit', words: 'limit', aliases: ['limit rate'], kind: RATE },
    { key: 'burst', words: 'burst', kind: POSITIVE },
    { key: 'over', words: 'over', kind: FLAG },
  ],
};

const LISTEN: Shape = {
  type: 'listen',
  about: 'a listening socket, and the program behind it',
  verbs: [{ words: 'listen' }],
  items: [
    { key: 'protocol', kind: oneOf('transport', ['tcp', 'udp']) },
    { key: 'port', kind: PORT },
    { key: 'address', kind: ADDRESS, optional: true },
  ],
  fields: [
    { key: 'backlog', words: 'backlog', kind: COUNT },
    { key: 'program', words: 'program', kind: PROGRAM },
    { key: 'workers', words: 'workers', kind: COUNT },
    { key: 'max', words: 'max', kind: POSITIVE },
    { key: 'busy', words: 'busy', kind: oneOf('busy_status', ['503']) },
    { key: 'rcvbuf', words: 'rcvbuf', kind: SIZE },
    { key: 'sndbuf', words: 'sndbuf', kind: SIZE },
    { key: 'nodelay', words: 'nodelay', kind: FLAG },
    { key: 'keepalive', words: 'keepalive', kind: DURATION },
    { key: 'memory', words: 'memory', kind: SIZE },
    { key: 'timeout', words: 'timeout', kind: DURATION },
  ],
};

const SITE: Shape = {
  type: 'site',
  about: 'a directory of files for `program http`',
  verbs: [{ words: 'site' }],
  items: [{ key: 'directory', kind: DIRECTORY }],
  fields: [
    { key: 'modified', words: 'modified', kind: DATE_TIME },
    { key: 'room', words: 'room', kind: SIZE },
  ],
};

const RESPOND: Shape = {
  type: 'respond',
  about: 'a fixed answer of `program http`',
  verbs: [{ words: 'respond' }],
  items: [
    { key: 'method', kind: METHOD },
    { key: 'path', kind: PATH },
    { key: 'status', kind: STATUS },
  ],
  fields: [
    { key: 'body', words: 'body', kind: TEXT, bare: true },
    { key: 'header', words: 'header', kind: HEADER, many: 'again' },
    { key: 'after', words: 'after', kind: DURATION },
    { key: 'location', words: 'location', kind: LOCATION },
    { key: 'auth', words: 'auth', kind: AUTH },
    { key: 'limit', words: 'limit', kind: RATE },
  ],
};

/** The host part. */
export const HOST_SHAPES: readonly Shape[] = [SERVER, PROFILE, SYSCTL_SHAPE, ROUTE, NEIGHBOUR, FIREWALL, LISTEN, SITE, RESPOND];
