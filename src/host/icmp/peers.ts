/** More peers than this: the one met longest ago is forgotten. */
const PEERS_MAX = 65536;

/** What the host keeps of another address: Linux's inet_peer. */
export class Peer {
  /** Fragments received from it: the distance that ipfrag_max_dist counts. */
  fragments = 0;
  /** Tokens for ICMP errors to it, in nanoseconds, and when they were last counted. */
  tokens = 0;
  tokensAt = Number.NEGATIVE_INFINITY;
  /** ICMP redirects sent to it that it has not heeded. */
  redirects = 0;
  w0 = 0;
  w1 = 0;
  w2 = 0;
  w3 = 0;
  next: Peer | null = null;
}

/** Peers by address; looked up for fragments and ICMP errors only. */
export class Peers {
  private readonly chains = new Map<number, Peer>();

  find(w0: number, w1: number, w2: number, w3: number): Peer {
    const key = (w0 ^ w1 ^ w2 ^ w3) >>> 0;
    const first = this.chains.get(key) ?? null;
    for (let peer = first; peer !== null; peer = peer.next) {
      if (peer.w3 === w3 && peer.w2 === w2 && peer.w1 === w1 && peer.w0 === w0) return peer;
    }
    const peer = new Peer();
    peer.w0 = w0;
    peer.w1 = w1;
    peer.w2 = w2;
    peer.w3 = w3;
    peer.next = first;
    if (first === null && this.chains.size === PEERS_MAX) this.forgetOldest();
    this.chains.set(key, peer);
    return peer;
  }

  private forgetOldest(): void {
    for (const key of this.chains.keys()) {
      this.chains.delete(key);
      return;
    }
  }
}
