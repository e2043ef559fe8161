/** Ports above 1023 that servers commonly listen on (IANA's registry and habit), for flows whose beginning was not captured. */
const HABITUAL = new Set([
  1080, 1194, 1433, 1521, 1723, 1812, 1883, 1900, 2049, 2181, 3000, 3128, 3260, 3306, 3389, 3478, 4443, 4789, 5000, 5001, 5044,
  5060, 5061, 5201, 5222, 5269, 5353, 5355, 5432, 5601, 5672, 5683, 5900, 5985, 6379, 6443, 6667, 7000, 7001, 8000, 8008, 8080,
  8081, 8086, 8088, 8118, 8123, 8443, 8500, 8883, 8888, 9000, 9042, 9080, 9090, 9092, 9200, 9418, 10000, 10050, 11211, 27017,
]);

/** Ports below 1024 that clients use: of DHCP and DHCPv6. */
const CLIENTS = new Set([68, 546]);

function rank(port: number): number {
  if (port === 0 || CLIENTS.has(port)) return 0;
  if (port < 1024) return 3;
  return HABITUAL.has(port) ? 2 : 1;
}

/** Do servers commonly listen there? */
export function isServerPort(port: number): boolean {
  return rank(port) > 1;
}

/** Which end of a flow looks like the server: 1 the first port, -1 the second, 0 the ports do not tell. */
export function serverPort(first: number, second: number): number {
  const difference = rank(first) - rank(second);
  return difference > 0 ? 1 : difference < 0 ? -1 : 0;
}
