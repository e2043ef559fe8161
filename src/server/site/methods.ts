import { D } from '../../trace/catalogue.ts';
import { type Answer, emptyAnswer, fieldOf, type Question, type Tell, textAnswer } from '../http/answer.ts';
import { type Validators, weigh } from './conditions.ts';
import { formatDate } from './dates.ts';
import { contentTypeOf, type Files, type SiteFile } from './files.ts';
import { encodePath } from './path.ts';
import { select } from './representation.ts';

/** The methods on files in memory (RFC 9110 §9.3). A 405 is given without its Allow. */
export class SiteMethods {
  private readonly files: Files;

  constructor(files: Files) {
    this.files = files;
  }

  /** `query`: with its question mark. */
  answer(question: Question, path: string, query: string, tell: Tell): Answer {
    switch (question.method) {
      case 'GET':
      case 'HEAD':
        return this.get(question, path, query, tell);
      case 'PUT':
        return this.put(question, path, tell);
      case 'POST':
        return this.post(question, path, tell);
      case 'DELETE':
        return this.delete(question, path, tell);
      default:
        return this.isThere(path) ? emptyAnswer(405) : this.notFound(tell);
    }
  }

  /** What may be done with a path as things are. */
  allowed(path: string): string[] {
    if (this.files.isDirectory(directoryOf(path)))
      return this.files.get(`${directoryOf(path)}index.html`) ? ['GET', 'HEAD', 'POST'] : ['POST'];
    return this.files.get(path) === undefined ? ['PUT'] : ['GET', 'HEAD', 'PUT', 'DELETE'];
  }

  private get(question: Question, path: string, query: string, tell: Tell): Answer {
    const name = path.endsWith('/') ? `${path}index.html` : path;
    const file = this.files.get(name);
    if (file !== undefined) {
      tell(D.http_file, file.bytes.length);
      return select(question, this.whole(name, file), this.validators(file), tell);
    }
    if (!this.files.isDirectory(directoryOf(path))) return this.notFound(tell);
    if (path.endsWith('/')) {
      tell(D.http_directory_closed);
      return textAnswer(403);
    }
    tell(D.http_directory_moved);
    return textAnswer(301, undefined, ['Location', `${encodePath(path)}/${query}`]);
  }

  private put(question: Question, path: string, tell: Tell): Answer {
    if (path.endsWith('/')) return emptyAnswer(405);
    const lacking = lengthLacks(question, tell);
    if (lacking !== null) return lacking;
    if (fieldOf(question.fields, 'content-range') !== undefined) {
      tell(D.http_partial_put);
      return textAnswer(400);
    }
    const before = this.files.get(path);
    if (weigh(question, before === undefined ? null : this.validators(before)) === 'failed') return this.unmet(tell);
    if (before === undefined && !this.files.hasRoomFor(path)) {
      tell(D.http_conflict);
      return textAnswer(409);
    }
    const file = fileOf(question);
    if (!this.files.put(path, file)) return this.full(tell);
    const etag = ['ETag', this.files.etagOf(file)];
    tell(before === undefined ? D.http_created : D.http_replaced, file.bytes.length);
    return before === undefined ? emptyAnswer(201, ['Location', encodePath(path), ...etag]) : emptyAnswer(204, etag);
  }

  private post(question: Question, path: string, tell: Tell): Answer {
    const directory = directoryOf(path);
    if (!this.files.isDirectory(directory)) return this.files.get(path) === undefined ? this.notFound(tell) : emptyAnswer(405);
    const lacking = lengthLacks(question, tell);
    if (lacking !== null) return lacking;
    if (weigh(question, null) === 'failed') return this.unmet(tell);
    const file = fileOf(question);
    const { path: name, number } = this.files.nameFor(directory, file.contentType ?? '');
    if (!this.files.put(name, file)) return this.full(tell);
    tell(D.http_added, file.bytes.length, number);
    return emptyAnswer(201, ['Location', encodePath(name), 'ETag', this.files.etagOf(file)]);
  }

  private delete(question: Question, path: string, tell: Tell): Answer {
    const file = this.files.get(path);
    if (file === undefined) return this.files.isDirectory(directoryOf(path)) ? emptyAnswer(405) : this.notFound(tell);
    if (weigh(question, this.validators(file)) === 'failed') return this.unmet(tell);
    this.files.delete(path);
    tell(D.http_deleted);
    return emptyAnswer(204);
  }

  private isThere(path: string): boolean {
    return this.files.get(path) !== undefined || this.files.isDirectory(directoryOf(path));
  }

  private whole(name: string, file: SiteFile): Answer {
    const fields = ['Content-Type', contentTypeOf(name, file), 'ETag', this.files.etagOf(file), 'Accept-Ranges', 'bytes'];
    if (file.modified !== undefined) fields.push('Last-Modified', formatDate(file.modified));
    return { status: 200, fields, body: file.bytes };
  }

  private validators(file: SiteFile): Validators {
    return { etag: this.files.etagOf(file), modified: file.modified ?? Number.NaN };
  }

  private notFound(tell: Tell): Answer {
    tell(D.http_not_found);
    return textAnswer(404);
  }

  private unmet(tell: Tell): Answer {
    tell(D.http_precondition_failed);
    return textAnswer(412);
  }

  private full(tell: Tell): Answer {
    tell(D.http_site_full, this.files.most);
    return textAnswer(507);
  }
}

function directoryOf(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}

/** What is to be stored needs a length (RFC 9110 §15.5.12): without one a request that was cut short would empty a file. */
function lengthLacks({ fields }: Question, tell: Tell): Answer | null {
  if (fieldOf(fields, 'content-length') !== undefined || fieldOf(fields, 'transfer-encoding') !== undefined) return null;
  tell(D.http_length_required);
  return textAnswer(411);
}

function fileOf({ body, fields }: Question): SiteFile {
  const contentType = fieldOf(fields, 'content-type');
  return contentType === undefined ? { bytes: body } : { bytes: body, contentType };
}
