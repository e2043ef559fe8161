import { IncomingMessage, type RequestListener, type ServerResponse } from 'node:http';
import inject from 'light-my-request';
import { formatIp } from '../../wire/address.ts';
import type { Answer, Question } from '../http/answer.ts';
import { programAnswer } from './answer.ts';

/** An Express app: its requests and responses have prototypes of their own, which light-my-request knows how to put its own below. */
interface Application extends RequestListener {
  readonly request?: object;
  readonly response?: object;
}

/** Puts questions to a Node request listener through light-my-request's requests and responses, which need no socket. */
export function answerAsListener(listener: RequestListener): (question: Question) => Promise<Answer> {
  return (question) =>
    new Promise((resolve, reject) => {
      inject(dispatcher(listener, question, reject), optionsFor(question), (error, response) => {
        if (error !== undefined && error !== null) reject(error);
        else if (response !== undefined) {
          try {
            resolve(answerOf(question.method, response));
          } catch (problem) {
            reject(problem);
          }
        }
      });
    });
}

/** The listener as light-my-request is to call it: with the target as it came, and with what an async one rejects with. */
function dispatcher(listener: Application, question: Question, reject: (error: unknown) => void): RequestListener {
  const dispatch: RequestListener & { request?: object; response?: object } = (request, response) => {
    prepare(request, question);
    const returned: unknown = listener(
      request as IncomingMessage,
      response as ServerResponse<IncomingMessage> & { req: IncomingMessage },
    );
    if (returned instanceof Promise) returned.catch(reject);
  };
  const { request, response } = listener;
  if (request !== undefined && response !== undefined && request instanceof IncomingMessage) {
    dispatch.request = Object.assign(Object.create(Object.getPrototypeOf(request)), { app: dispatch });
    dispatch.response = Object.create(Object.getPrototypeOf(response));
  }
  return dispatch;
}

function prepare(request: IncomingMessage, { target, version, connection }: Question): void {
  request.url = target;
  request.httpVersion = version;
  request.httpVersionMinor = version === '1.0' ? 0 : 1;
  Object.assign(request.socket, {
    remotePort: connection.clientPort,
    remoteFamily: connection.family === 6 ? 'IPv6' : 'IPv4',
    localPort: connection.serverPort,
  });
}

function optionsFor({ method, fields, body, connection }: Question): inject.InjectOptions {
  const headers: Record<string, string | string[] | undefined> = Object.create(null);
  // Otherwise the library names itself.
  headers['user-agent'] = undefined;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i]!.toLowerCase();
    if (name === 'transfer-encoding') continue;
    const before = headers[name];
    const value = fields[i + 1]!;
    headers[name] = before === undefined ? value : typeof before === 'string' ? [before, value] : [...before, value];
  }
  const { family, client0, client1, client2, client3 } = connection;
  return {
    method,
    url: '/',
    headers,
    remoteAddress: formatIp(family === 6 ? 6 : 4, client0, client1, client2, client3),
    validate: false,
    ...(body.length > 0 ? { payload: Buffer.from(body) } : null),
  };
}

function answerOf(method: string, response: inject.Response): Answer {
  const { res } = response.raw;
  const fields: string[] = [];
  for (const [name, value] of Object.entries(response.headers)) {
    // Node adds the real time of day where the listener says none.
    if (name === 'date' && !res.hasHeader('date')) continue;
    if (name === 'connection' && !res.hasHeader('connection')) continue;
    if (Array.isArray(value)) for (const each of value) fields.push(name, each);
    else if (value !== undefined) fields.push(name, String(value));
  }
  return programAnswer(method, response.statusCode, fields, [response.rawPayload]);
}
