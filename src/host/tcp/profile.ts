import { SECOND } from './constants.ts';

/** Whose TCP the host has: that of Linux 6.18, or that of the standard. */
export const PROFILE_NAMES = ['linux', 'rfc9293'] as const;
export type ProfileName = (typeof PROFILE_NAMES)[number];

/**
 * The choices in which Linux departs from RFC 9293, or from a document that it refers to. Everything else is the same in both. Clauses are of
 * RFC 9293 where no other document is named; docs/profiles.md has the table.
 */
export interface Rules {
  // Listening and half-open connections.
  /** Text and FIN of a SYN wait for the end of the handshake, and are then processed (§3.10.7.2, third). */
  readonly synTextWaits: boolean;
  /** The same SYN again is what its number makes it: an old segment, answered by an ACK (§3.10.7.4, first). */
  readonly synAgainIsOld: boolean;
  /** Another SYN in the window of a half-open connection takes it back to LISTEN without a word (§3.10.7.4, fourth). */
  readonly newSynIsSilent: boolean;
  /** Retransmissions of the SYN-ACK at least: R2 of a SYN is three minutes (§3.8.3 MUST-23). */
  readonly synAckRetries: number;

  // Which segments are taken.
  /** Acceptable is what table 6 says, from RCV.NXT to the right edge and no further; what lies beyond is cut off (§3.10.7.4, first). */
  readonly exactWindow: boolean;
  /** The number is looked at before the ACK flag is missed (§3.10.7.4, first and fifth). */
  readonly numberBeforeAckFlag: boolean;
  /** A reset counts at RCV.NXT and nowhere else (§3.10.7.4, second; RFC 5961 §3.2). */
  readonly exactReset: boolean;
  /** Every segment that is not acceptable is answered, however many come (§3.5.2, third group). */
  readonly answersAll: boolean;
  /** An old ACK is acceptable down to the largest window before SND.UNA, whatever was acknowledged yet (RFC 5961 §5.2). */
  readonly deepOldAcks: boolean;
  /** Text that is just what was expected is taken before its ACK number is looked at, against §3.10.7.4, fifth and seventh. */
  readonly takesPredicted: boolean;
  /** A timestamp older by one tick is old, and each is answered (RFC 7323 §5.3 R1). */
  readonly exactPaws: boolean;
  /** Agreed upon, timestamps stand in every segment (RFC 7323 §3.2). */
  readonly needsTimestamps: boolean;
  /** Text is ignored once a FIN was received, also where it begins before the FIN (§3.10.7.4, seventh). */
  readonly ignoresTextAfterFin: boolean;
  /** Urgent data is a part of the stream (§3.8.5 MUST-31). */
  readonly urgentInStream: boolean;
  /** Of ICMP errors the hard ones end a connection and the soft ones end none, half-open or not (§3.9.2.2 SHLD-26, MUST-56). */
  readonly hardErrorsEnd: boolean;

  // Acknowledging.
  /** The first segments of a connection are acknowledged one by one, against §3.8.6.3 SHLD-18. */
  readonly quickAcks: boolean;
  /** Two segments are acknowledged whether the program reads or not (§3.8.6.3 SHLD-19). */
  readonly acksEverySecond: boolean;
  /** Many ACKs of segments behind a hole become one, against RFC 5681 §4.2. */
  readonly compressesAcks: boolean;

  // Sending.
  /** The window of the latest segment counts, also where it is smaller (§3.10.7.4, fifth: SND.WL1, SND.WL2). */
  readonly latestWindowCounts: boolean;
  /** Ten segments may leave at once (RFC 6928); else two to four (RFC 5681 §3.1). */
  readonly largeInitialWindow: boolean;
  /** A short segment waits for the ACK of everything sent, not only of other short ones (§3.7.4). */
  readonly plainNagle: boolean;
  /** Segments are as short as the peer asks (§3.7.1 MUST-16). */
  readonly anyMss: boolean;
  /** A closed window is probed with a byte (§3.8.6.1). */
  readonly probesWithData: boolean;
  /** Nanoseconds: the shortest retransmission time-out, computed to the letter (RFC 6298 §2); 0: as Linux computes it. */
  readonly leastRto: number;

  // Closing.
  /** Nanoseconds: twice the maximum segment lifetime (§3.6.1 MUST-13). */
  readonly timeWait: number;
  /** In TIME-WAIT a SYN with a higher number needs no timestamp to begin a connection (§3.6.1 MAY-2; §3.10.7.4, fourth). */
  readonly reopensByNumber: boolean;
  /** A closed socket waits for the peer's FIN as long as it takes (§3.10.8 has no such time-out). */
  readonly waitsForFin: boolean;
}

/** As Linux 6.18 was measured. */
export const LINUX: Rules = Object.freeze({
  synTextWaits: false,
  synAgainIsOld: false,
  newSynIsSilent: false,
  synAckRetries: 0,
  exactWindow: false,
  numberBeforeAckFlag: false,
  exactReset: false,
  answersAll: false,
  deepOldAcks: false,
  takesPredicted: true,
  exactPaws: false,
  needsTimestamps: false,
  ignoresTextAfterFin: false,
  urgentInStream: false,
  hardErrorsEnd: false,
  quickAcks: true,
  acksEverySecond: false,
  compressesAcks: true,
  latestWindowCounts: false,
  largeInitialWindow: true,
  plainNagle: false,
  anyMss: false,
  probesWithData: false,
  leastRto: 0,
  timeWait: 60 * SECOND,
  reopensByNumber: true,
  waitsForFin: false,
});

/** As the standard has it, its SHOULDs taken for MUSTs. */
export const RFC9293: Rules = Object.freeze({
  synTextWaits: true,
  synAgainIsOld: true,
  newSynIsSilent: true,
  synAckRetries: 7,
  exactWindow: true,
  numberBeforeAckFlag: true,
  exactReset: true,
  answersAll: true,
  deepOldAcks: true,
  takesPredicted: false,
  exactPaws: true,
  needsTimestamps: true,
  ignoresTextAfterFin: true,
  urgentInStream: true,
  hardErrorsEnd: true,
  quickAcks: false,
  acksEverySecond: true,
  compressesAcks: false,
  latestWindowCounts: true,
  largeInitialWindow: false,
  plainNagle: true,
  anyMss: true,
  probesWithData: true,
  leastRto: SECOND,
  timeWait: 240 * SECOND,
  reopensByNumber: false,
  waitsForFin: true,
});

/** For the start of a run: the profile, where it is not Linux's. */
export function toldProfile(config: { readonly profile?: ProfileName }): { profile?: ProfileName } {
  const { profile } = config;
  return profile === undefined || profile === 'linux' ? {} : { profile };
}

export const RULES: Readonly<Record<ProfileName, Rules>> = { linux: LINUX, rfc9293: RFC9293 };
