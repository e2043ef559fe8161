/** What a mounted program throws in its callbacks, where nobody catches it: Node would end the process. One program works at a time, so that it is known whose it is. */
export class StrayErrors {
  /** Rejects with the first one. */
  readonly first: Promise<never>;
  private readonly told: (error: unknown) => void;

  constructor() {
    let told: (error: unknown) => void = () => {};
    this.first = new Promise((_, reject) => {
      told = reject;
    });
    this.first.catch(() => {});
    this.told = told;
    process.on('uncaughtException', told);
    process.on('unhandledRejection', told);
  }

  /** They are Node's business again. */
  stop(): void {
    process.off('uncaughtException', this.told);
    process.off('unhandledRejection', this.told);
  }
}
