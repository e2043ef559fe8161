import { CommunicationModule } from './module.ts';

/** Communication modules: `workers` that are there from the beginning, and more, started when those are busy, up to `max` in all. */
export class Pool {
  readonly workers: number;
  readonly max: number;
  /** All modules there are, by number. */
  readonly modules: CommunicationModule[] = [];
  busy = 0;
  /** Most that were busy at one time. */
  mostBusy = 0;
  /** Connections handed to a pre-started module, to one started for it, and to one started earlier. */
  prestartedTaken = 0;
  started = 0;
  reused = 0;
  private readonly free: CommunicationModule[] = [];
  private readonly freeStarted: CommunicationModule[] = [];

  constructor(workers: number, max: number) {
    this.workers = workers;
    this.max = Math.max(workers, max);
    for (let i = 0; i < workers; i++) this.free.push(this.make(true));
    this.free.reverse();
  }

  /** A module is free, or may be started. */
  get hasRoom(): boolean {
    return this.busy < this.max;
  }

  /** A module without work: a pre-started one, else one started earlier, else a new one; null when `max` of them are busy. */
  take(): CommunicationModule | null {
    const module = this.choose();
    if (module === null) return null;
    this.busy++;
    this.mostBusy = Math.max(this.mostBusy, this.busy);
    module.connections++;
    return module;
  }

  give(module: CommunicationModule): void {
    this.busy--;
    (module.preStarted ? this.free : this.freeStarted).push(module);
  }

  private choose(): CommunicationModule | null {
    const waiting = this.free.pop();
    if (waiting !== undefined) {
      this.prestartedTaken++;
      return waiting;
    }
    const again = this.freeStarted.pop();
    if (again !== undefined) {
      this.reused++;
      return again;
    }
    if (this.modules.length >= this.max) return null;
    this.started++;
    return this.make(false);
  }

  private make(preStarted: boolean): CommunicationModule {
    const module = new CommunicationModule(this.modules.length + 1, preStarted);
    this.modules.push(module);
    return module;
  }
}
