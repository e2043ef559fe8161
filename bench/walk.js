// Reads every record of a capture and looks at none: the reader alone.
import { openCapture } from '../dist/capture/capture.js';
import { Frame } from '../dist/wire/frame.js';

const capture = await openCapture([process.argv[2]]);
const frame = new Frame();
do {
  while (capture.next(frame));
} while (await capture.fill());
await capture.close();
