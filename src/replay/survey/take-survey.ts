import type { Capture } from '../../capture/capture.ts';
import type { Progress } from '../../trace/run.ts';
import { Frame } from '../../wire/frame.ts';
import { settle } from '../../wire/shape.ts';
import { Survey } from './survey.ts';

/**
 * Looks through a capture file and goes back to its beginning. Where nearly all checksums of a sender are wrong, the capture was rewritten after
 * it was taken: it is surveyed again without looking at them. `beside` is shown every frame too, in every pass.
 */
export async function takeSurvey(
  capture: Capture,
  progress: Progress,
  beside: ((frame: Frame) => void) | null = null,
  before: Survey | null = null,
): Promise<Survey> {
  const survey = new Survey(before);
  const frame = settle(new Frame(), ['time']);
  progress.stage('survey', capture.size ?? 0);
  do {
    while (capture.next(frame)) {
      survey.look(frame);
      if (beside !== null) beside(frame);
    }
    progress.at(capture.consumed);
  } while (await capture.fill());
  survey.finish();
  await capture.rewind();
  return before === null && survey.trust.needsAnotherLook ? takeSurvey(capture, progress, beside, survey) : survey;
}
