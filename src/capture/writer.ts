export { PcapWriter, type PcapWriterOptions, type WritableFrame } from './pcap-writer.ts';
export type { WritableOption } from './pcapng-option-writer.ts';
export {
  type InterfaceOptions,
  type PcapngFrame,
  PcapngWriter,
  type PcapngWriterOptions,
  type SectionOptions,
} from './pcapng-writer.ts';
export { fileTarget, MemorySink, type Sink, type Target } from './sink.ts';
