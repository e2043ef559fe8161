/** A real network interface: whole Ethernet frames, without FCS, as they come and go. */
export interface Wire {
  /** Takes the next frame: its length; 0: none waits; -1: there will be no more, the interface is gone. */
  read(into: Uint8Array): number;
  /** False: the frame is lost. */
  write(bytes: Uint8Array, start: number, end: number): boolean;
  /** Calls `ready` in the event loop whenever a frame waits, or the interface is gone. */
  watch(ready: () => void): void;
  /** Calls nobody any more. */
  unwatch(): void;
}
