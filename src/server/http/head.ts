import { HeadFields } from './head-fields.ts';

/** The head of a request or response as far as rxpath looks at it. One object per parser: valid until the next head is parsed. */
export class Head extends HeadFields {
  method = '';
  target = '';
  /** `1.1`; empty where it could not be read. */
  version = '';
  /** 0 in requests. */
  status = 0;
  reason = '';

  /** Says what another head says in which nothing is wrong. */
  takeAll(other: Head): void {
    this.takeFrom(other);
    this.method = other.method;
    this.target = other.target;
    this.version = other.version;
    this.status = other.status;
    this.reason = other.reason;
  }

  clear(): void {
    this.forget();
    this.method = this.target = this.version = this.reason = '';
    this.status = 0;
  }
}
