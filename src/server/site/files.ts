import makeEtag from 'etag';
import mime from 'mime-types';

/** A file of a site, and what is told of it. */
export interface SiteFile {
  readonly bytes: Uint8Array;
  /** Absent: by the name's ending. */
  readonly contentType?: string;
  /** With its quotes. Absent: made of the content. */
  readonly etag?: string;
  /** Seconds since 1970. Absent: it has no Last-Modified, and conditions on time do not apply. */
  readonly modified?: number;
}

/** Files in memory by absolute path; a directory's own file is `…/index.html`. */
export type SiteFiles = ReadonlyMap<string, SiteFile>;

/** Bytes that a site may grow to by what clients send. */
const MOST_BYTES = 64 * 1024 * 1024;

/** A copy of a site that requests may change: whoever loaded the files keeps them as they are. */
export class Files {
  /** Most bytes that clients may have added. */
  readonly most: number;
  private readonly files: Map<string, SiteFile>;
  /** How many files lie below each directory; names end in a slash. */
  private readonly directories = new Map<string, number>([['/', 1]]);
  private readonly tags = new WeakMap<SiteFile, string>();
  private added = 0;
  /** Number that the next nameless file gets. */
  private next = 1;

  constructor(files: SiteFiles, most = MOST_BYTES) {
    this.files = new Map(files);
    this.most = most;
    for (const path of this.files.keys()) this.count(path, 1);
  }

  get(path: string): SiteFile | undefined {
    return this.files.get(path);
  }

  /** `path` ends in a slash. */
  isDirectory(path: string): boolean {
    return this.directories.has(path);
  }

  /** Whether a file may have that path: it names no directory, and no part of it names a file. */
  hasRoomFor(path: string): boolean {
    if (this.isDirectory(`${path}/`)) return false;
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      if (this.files.has(path.slice(0, at))) return false;
    }
    return true;
  }

  /** False: there would be too many bytes. */
  put(path: string, file: SiteFile): boolean {
    const before = this.files.get(path);
    const growth = file.bytes.length - (before?.bytes.length ?? 0);
    if (this.added + growth > this.most) return false;
    this.added += growth;
    if (before === undefined) this.count(path, 1);
    this.files.set(path, file);
    return true;
  }

  delete(path: string): void {
    const file = this.files.get(path);
    if (file === undefined) return;
    this.added -= file.bytes.length;
    this.files.delete(path);
    this.count(path, -1);
  }

  /** A path below `directory` that no file has, and its number. */
  nameFor(directory: string, contentType: string): { path: string; number: number } {
    const ending = mime.extension(contentType);
    for (;;) {
      const number = this.next++;
      const path = `${directory}${number}${ending === false ? '' : `.${ending}`}`;
      if (!this.files.has(path) && this.hasRoomFor(path)) return { path, number };
    }
  }

  etagOf(file: SiteFile): string {
    if (file.etag !== undefined) return file.etag;
    let tag = this.tags.get(file);
    if (tag === undefined) {
      const { bytes } = file;
      tag = makeEtag(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length));
      this.tags.set(file, tag);
    }
    return tag;
  }

  private count(path: string, change: number): void {
    for (let at = path.lastIndexOf('/'); at > 0; at = path.lastIndexOf('/', at - 1)) {
      const directory = path.slice(0, at + 1);
      const files = (this.directories.get(directory) ?? 0) + change;
      if (files === 0) this.directories.delete(directory);
      else this.directories.set(directory, files);
    }
  }
}

/** What a file is by its name: `text/html; charset=utf-8`. */
export function contentTypeOf(path: string, file: SiteFile): string {
  if (file.contentType !== undefined) return file.contentType;
  const type = mime.lookup(path);
  return type === false ? 'application/octet-stream' : mime.contentType(type) || type;
}
