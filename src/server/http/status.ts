/** Reason phrases of the statuses that the server gives (RFC 9110 §15, RFC 6585). */
const PHRASES = new Map<number, string>([
  [100, 'Continue'],
  [200, 'OK'],
  [201, 'Created'],
  [204, 'No Content'],
  [206, 'Partial Content'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [408, 'Request Timeout'],
  [411, 'Length Required'],
  [412, 'Precondition Failed'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [416, 'Range Not Satisfiable'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
  [505, 'HTTP Version Not Supported'],
]);

export function reasonPhrase(status: number): string {
  return PHRASES.get(status) ?? 'Unknown';
}

/** Whether a response of this status may have content (RFC 9110 §6.4.1). */
export function mayHaveContent(status: number): boolean {
  return status >= 200 && status !== 204 && status !== 304;
}
