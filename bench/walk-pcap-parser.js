// The same walk by the independent reader.
import pcapp from 'pcap-parser';

let packets = 0;
const parser = pcapp.parse(process.argv[2]);
parser.on('packet', () => {
  packets++;
});
parser.on('end', () => process.exit(packets > 0 ? 0 : 1));
