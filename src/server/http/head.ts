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

  clear(): void {
    this.forget();
    this.method = this.target = this.version = this.reason = '';
    this.status = 0;
  }
}
