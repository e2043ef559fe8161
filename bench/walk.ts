// Reads every record of a capture and looks at none: the reader alone.
import { openCapture } from '../src/capture/capture.ts';
import { Frame } from '../src/wire/frame.ts';

const capture = await openCapture([process.argv[2]!]);
const frame = new Frame();
do {
  while (capture.next(frame));
} while (await capture.fill());
await capture.close();
