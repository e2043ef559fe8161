import type { Send } from '../host/egress.ts';
import { Frame, FrameDirection } from '../wire/frame.ts';
import { settle } from '../wire/shape.ts';

/** Shows somebody every frame that goes into a host (`direction` 1) or comes out of it (2). */
export class FrameRecorder {
  private readonly show: ((frame: Frame) => void) | null;
  private readonly frame = settle(new Frame(), ['time']);

  constructor(show: ((frame: Frame) => void) | null) {
    this.show = show;
    this.frame.fcsLength = 0;
    this.frame.direction = FrameDirection.outbound;
  }

  received(frame: Frame): void {
    if (this.show === null) return;
    frame.direction = FrameDirection.inbound;
    this.show(frame);
  }

  readonly sent: Send = (bytes, start, end, time) => {
    const { frame } = this;
    if (this.show === null) return;
    frame.bytes = bytes;
    frame.start = start;
    frame.end = end;
    frame.wireLength = end - start;
    frame.time = time;
    this.show(frame);
  };
}
