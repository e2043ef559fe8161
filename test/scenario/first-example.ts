/** The first example of the language, as it was laid down. */
export const FIRST = `# first.scn: one HTTP request, then frames that never reach the program
server eth0  mac 02:00:00:00:00:01  ip 10.0.0.1/24  ring 8
client alice mac 02:00:00:00:00:0a  ip 10.0.0.10
client bob   mac 02:00:00:00:00:0b  ip 10.0.0.11
listen tcp 80 backlog 4 program http
firewall drop udp port 53
respond GET /hello 200 "hi there"

alice connect tcp 80 as a               # SYN, SYN-ACK, ACK
  expect socket ESTABLISHED
a send "GET /hello HTTP/1.1\\r\\nHost: demo\\r\\n\\r\\n"
  expect http 200
+10ms bob:5000 > 80 tcp SYN mss 1460 corrupt fcs
  expect drop nic fcs_error
+1ms bob:5001 > 80 tcp SYN corrupt ip_checksum
  expect drop ip ip_csum
+1ms bob:5002 > 23 tcp SYN
  expect drop tcp no_socket
  expect reply RST,ACK
+1ms bob:5003 > 53 udp "who am I?"
  expect drop ip netfilter_drop
+1ms bob:5004 > 80 tcp SYN to mac 02:00:00:00:00:99
  expect drop nic otherhost
+1ms hex 020000000001 02000000000b 88b5 deadbeef     # padded to 60 bytes, FCS added
  expect drop driver unhandled_proto
a close
  expect socket CLOSED                  # the client closed first: the server's copy is gone, nothing lingers
expect count drop 6
`;
