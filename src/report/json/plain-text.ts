/** What JSON leaves as it is and terminals may obey: DEL, the C1 controls, and what turns the order of the text around it. */
const STEERING = /[\x7f-\x9f\u2028-\u202e\u2066-\u2069]/g;

/** A value as JSON on one line; characters that could steer a terminal are escaped, in texts, where alone they can be. */
export function plainJson(value: unknown): string {
  return JSON.stringify(value).replace(STEERING, (sign) => `\\u${sign.charCodeAt(0).toString(16).padStart(4, '0')}`);
}
