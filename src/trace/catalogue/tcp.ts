import { capture } from './tcp/capture.ts';
import { closing } from './tcp/closing.ts';
import { connecting } from './tcp/connecting.ts';
import { handshake } from './tcp/handshake.ts';
import { header } from './tcp/header.ts';
import { replies } from './tcp/replies.ts';
import { rfc9293 } from './tcp/rfc9293.ts';
import { stream } from './tcp/stream.ts';
import { validation } from './tcp/validation.ts';

/** Every decision of TCP, in the order in which a segment meets them. */
export const tcp = {
  ...header,
  ...handshake,
  ...validation,
  ...stream,
  ...closing,
  ...replies,
  ...connecting,
  ...rfc9293,
  ...capture,
};
