/** More peers than this: the one met longest ago is forgotten, with those that share its key. */
const PEERS_MAX = 65536;
/** So many share a key at most: whoever chooses addresses for it is not to make the search long. */
const CHAIN_MAX = 16;

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
  private count = 0;

  find(w0: number, w1: number, w2: number, w3: number): Peer {
    const key = (w0 ^ w1 ^ w2 ^ w3) >>> 0;
    let length = 0;
    for (let peer = this.chains.get(key) ?? null; peer !== null; peer = peer.next) {
      if (peer.w3 === w3 && peer.w2 === w2 && peer.w1 === w1 && peer.w0 === w0) return peer;
      length++;
    }
    if (length === CHAIN_MAX) this.forget(key);
    else if (this.count === PEERS_MAX) this.forgetOldest();
    const peer = new Peer();
    peer.w0 = w0;
    peer.w1 = w1;
    peer.w2 = w2;
    peer.w3 = w3;
    peer.next = this.chains.get(key) ?? null;
    this.chains.set(key, peer);
    this.count++;
    return peer;
  }

  private forgetOldest(): void {
    for (const key of this.chains.keys()) {
      this.forget(key);
      return;
    }
  }

  private forget(key: number): void {
    for (let peer = this.chains.get(key) ?? null; peer !== null; peer = peer.next) this.count--;
    this.chains.delete(key);
  }
}
