import type { TcpListener } from './listener.ts';

/** Listening sockets by port: most have one, those with several are told apart by their address. */
export class ListenerTable {
  private readonly ports: (TcpListener[] | undefined)[] = [];

  add(listener: TcpListener): void {
    const there = this.ports[listener.localPort];
    if (there === undefined) this.ports[listener.localPort] = [listener];
    else there.push(listener);
  }

  remove(listener: TcpListener): void {
    const there = this.ports[listener.localPort];
    const at = there === undefined ? -1 : there.indexOf(listener);
    if (at >= 0) there!.splice(at, 1);
  }

  /** From the most exact to the least exact: address and port before port alone. */
  find(family: number, local0: number, local1: number, local2: number, local3: number, port: number): TcpListener | null {
    const there = this.ports[port];
    if (there === undefined) return null;
    let any: TcpListener | null = null;
    for (let i = 0; i < there.length; i++) {
      const l = there[i]!;
      if (l.localAny) any ??= l;
      else if (
        l.family === family &&
        l.local3 === local3 &&
        (family === 4 || (l.local0 === local0 && l.local1 === local1 && l.local2 === local2))
      ) {
        return l;
      }
    }
    return any;
  }

  *[Symbol.iterator](): Iterator<TcpListener> {
    for (const there of this.ports) if (there !== undefined) yield* there;
  }
}
