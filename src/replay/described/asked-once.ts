import type { Mounted } from '../../server/configuration.ts';
import type { Answer, Question } from '../../server/http/answer.ts';
import { AgingMap } from '../aging-map.ts';

/** Answers that only one of the two has asked for so far. */
const MOST = 4096;
/** Connections whose requests are counted; those that have been silent for longest are forgotten. */
const MOST_CLIENTS = 1 << 16;

/**
 * A user's program behind two servers that ask it the same: it is asked once, for a program may count what it is asked.
 */
export class AskedOnce {
  private readonly mounted: Mounted;
  private readonly answers = new AgingMap<Promise<Answer>>();

  constructor(mounted: Mounted) {
    this.mounted = mounted;
  }

  /** One of the two servers' own. */
  asker(): Mounted {
    const { name, kind } = this.mounted;
    /** Requests of each connection. */
    const asked = new AgingMap<number>();
    return {
      name,
      kind,
      answer: (question, signal) => {
        const client = clientOf(question);
        const nth = (asked.get(client) ?? 0) + 1;
        asked.delete(client);
        if (asked.size >= MOST_CLIENTS) asked.deleteOldest();
        asked.add(client, nth);
        return this.answer(`${client} ${nth} ${question.method} ${question.target}`, question, signal);
      },
    };
  }

  private answer(key: string, question: Question, signal: AbortSignal): Promise<Answer> {
    const { answers } = this;
    const known = answers.get(key);
    if (known !== undefined) {
      answers.delete(key);
      return known;
    }
    const answered = this.ask(question, signal);
    if (answers.size >= MOST) answers.deleteOldest();
    answers.add(key, answered);
    return answered;
  }

  private async ask(question: Question, signal: AbortSignal): Promise<Answer> {
    return this.mounted.answer(question, signal);
  }
}

function clientOf({ connection }: Question): string {
  const { client0, client1, client2, client3, clientPort, serverPort, clientIsn } = connection;
  return [client0, client1, client2, client3, clientPort, serverPort, clientIsn].join();
}
