import { formatIp } from '../../wire/address.ts';
import type { Answer, Question } from '../http/answer.ts';
import { fieldOf } from '../http/answer.ts';
import { describe, InvalidAnswer, programAnswer, UnaskableQuestion } from './answer.ts';

/** A handler of web-standard requests (WHATWG Fetch). */
export type Handler = (request: Request) => Response | Promise<Response>;

/** Bytes of one response at most. */
const MOST = 256 << 20;

/** Puts questions to a handler as Request objects, and takes Response objects for answers; their bodies are read whole. */
export function answerAsHandler(handler: Handler): (question: Question, signal: AbortSignal) => Promise<Answer> {
  return async (question, signal) => {
    const response: unknown = await handler(requestOf(question, signal));
    if (!isResponse(response)) throw new InvalidAnswer(`it is ${describe(response)}, not a Response`);
    const fields: string[] = [];
    response.headers.forEach((value, name) => void fields.push(name, value));
    return programAnswer(question.method, response.status, fields, await piecesOf(response, signal));
  };
}

/** The request as it came; its URL has the host that was asked for. */
function requestOf(question: Question, signal: AbortSignal): Request {
  const { method, fields, body } = question;
  const headers = new Headers();
  try {
    for (let i = 0; i + 1 < fields.length; i += 2) headers.append(fields[i]!, fields[i + 1]!);
    const hasBody = body.length > 0 && method !== 'GET' && method !== 'HEAD';
    return new Request(urlOf(question), { method, headers, signal, ...(hasBody ? { body: Uint8Array.from(body) } : null) });
  } catch (error) {
    throw new UnaskableQuestion(method === 'TRACE' || method === 'CONNECT' ? 501 : 400, (error as Error).message);
  }
}

function urlOf({ target, fields, connection }: Question): string {
  if (!target.startsWith('/') && target !== '*') return target;
  const { family, server0, server1, server2, server3, serverPort } = connection;
  const address = formatIp(family === 6 ? 6 : 4, server0, server1, server2, server3);
  const ours = family === 6 ? `[${address}]` : address;
  const host = fieldOf(fields, 'host') || (serverPort === 80 ? ours : `${ours}:${serverPort}`);
  return `http://${host}${target === '*' ? '/*' : target}`;
}

/** Also of another realm or library: what it can do counts. */
function isResponse(value: unknown): value is Response {
  if (typeof value !== 'object' || value === null) return false;
  const like = value as Partial<Response>;
  return typeof like.status === 'number' && typeof like.headers?.forEach === 'function' && typeof like.arrayBuffer === 'function';
}

async function piecesOf(response: Response, signal: AbortSignal): Promise<Uint8Array[]> {
  if (response.bodyUsed) throw new InvalidAnswer('its body was read already');
  const { body } = response;
  if (body === null || body === undefined) return [];
  const pieces: Uint8Array[] = [];
  let length = 0;
  const reader = body.getReader();
  for (let piece = await reader.read(); !piece.done; piece = await reader.read()) {
    if (!(piece.value instanceof Uint8Array)) throw new InvalidAnswer('its body has a piece that is no bytes');
    pieces.push(piece.value);
    length += piece.value.length;
    if (length <= MOST && !signal.aborted) continue;
    await reader.cancel();
    throw new InvalidAnswer(`its body is longer than ${MOST} bytes`);
  }
  return pieces;
}
