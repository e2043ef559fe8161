/** Why frames cannot be exchanged with a real network: one sentence with the next step. */
export class LiveError extends Error {
  override readonly name = 'LiveError';
}
