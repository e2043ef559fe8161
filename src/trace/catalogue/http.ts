import { answers } from './http/answers.ts';
import { messages } from './http/messages.ts';
import { refusals } from './http/refusals.ts';

/** Every decision about HTTP, in the order in which a request meets them. */
export const http = { ...messages, ...refusals, ...answers };
