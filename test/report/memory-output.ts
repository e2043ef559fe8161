import { Output } from '../../src/report/terminal/output.ts';

/** Keeps what is written. */
export function memoryOutput(): { output: Output; text(): string } {
  const chunks: Buffer[] = [];
  const output = new Output((bytes, start, length) => {
    chunks.push(Buffer.from(bytes.subarray(start, start + length)));
    return length;
  });
  return {
    output,
    text() {
      output.flush();
      return Buffer.concat(chunks).toString();
    },
  };
}
