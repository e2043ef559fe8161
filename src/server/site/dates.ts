const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const IMF = /^[A-Z][a-z]{2}, (\d\d) ([A-Z][a-z]{2}) (\d{4}) (\d\d):(\d\d):(\d\d) GMT$/;
const RFC850 = /^[A-Z][a-z]{5,8}, (\d\d)-([A-Z][a-z]{2})-(\d\d) (\d\d):(\d\d):(\d\d) GMT$/;
const ASCTIME = /^[A-Z][a-z]{2} ([A-Z][a-z]{2}) ([ \d]\d) (\d\d):(\d\d):(\d\d) (\d{4})$/;

/**
 * Seconds since 1970 of an HTTP date in any of its three forms (RFC 9110 §5.6.7); NaN where it is none. Of two-digit years those from 70 on
 * are of the 1900s: the server has no clock to tell which are more than 50 years ahead.
 */
export function parseDate(text: string): number {
  const imf = IMF.exec(text);
  if (imf !== null) return seconds(Number(imf[3]), imf[2]!, imf[1]!, imf[4]!, imf[5]!, imf[6]!);
  const rfc850 = RFC850.exec(text);
  if (rfc850 !== null) {
    const year = Number(rfc850[3]);
    return seconds(year < 70 ? 2000 + year : 1900 + year, rfc850[2]!, rfc850[1]!, rfc850[4]!, rfc850[5]!, rfc850[6]!);
  }
  const asctime = ASCTIME.exec(text);
  if (asctime === null) return Number.NaN;
  return seconds(Number(asctime[6]), asctime[1]!, asctime[2]!, asctime[3]!, asctime[4]!, asctime[5]!);
}

/** An IMF-fixdate (RFC 9110 §5.6.7) of a time in seconds since 1970. */
export function formatDate(time: number): string {
  return new Date(time * 1000).toUTCString();
}

function seconds(year: number, month: string, day: string, hour: string, minute: string, second: string): number {
  const index = MONTHS.indexOf(month);
  if (index < 0) return Number.NaN;
  return Date.UTC(year, index, Number(day), Number(hour), Number(minute), Number(second)) / 1000;
}
