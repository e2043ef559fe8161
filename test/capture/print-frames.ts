import { openCapture } from '../../src/capture/capture.ts';
import { CaptureError } from '../../src/capture/error.ts';
import { Frame } from '../../src/wire/frame.ts';

/** A program of the tests: one line for each frame of the captures named, the moment it is there; then what became of the input. */
try {
  const capture = await openCapture(process.argv.slice(2));
  const frame = new Frame();
  do {
    while (capture.next(frame)) console.log(`${frame.number} ${frame.time} ${frame.end - frame.start}`);
  } while (await capture.fill());
  console.log(`end size=${capture.size} rewindable=${capture.rewindable} damage=${capture.damage?.code ?? 'none'}`);
  await capture.close();
} catch (error) {
  if (!(error instanceof CaptureError)) throw error;
  console.log(`refused ${error.code} ${error.message}`);
}
