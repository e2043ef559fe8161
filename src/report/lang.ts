/** The languages that reports are written in. */
export type Lang = 'en' | 'zh';
