import { LiveError } from './error.ts';

/** Values of Linux on every machine that koffi is built for. */
export const Errno = { perm: 1, noEntry: 2, interrupted: 4, again: 11, access: 13, busy: 16, noDevice: 19, invalid: 22 } as const;

/** Functions of the C library, with their own names and rules: -1, and `errno` says why. */
export interface Libc {
  open(path: string, flags: number, mode: number): number;
  close(fd: number): number;
  read(fd: number, into: Uint8Array, length: number): number;
  write(fd: number, from: Uint8Array, length: number): number;
  ioctl(fd: number, request: number, argument: Uint8Array): number;
  socket(domain: number, type: number, protocol: number): number;
  errno(): number;
  strerror(errno: number): string;
  /** Calls `ready` in the event loop whenever the descriptor can be read, or has failed. */
  watch(fd: number, ready: () => void): { stop(): void };
}

/** The C library through koffi, which is an optional dependency. Rejects with LiveError where it is not installed or does not load. */
export async function loadLibc(): Promise<Libc> {
  const koffi = await loadKoffi();
  const library = koffi.load(null);
  return {
    open: library.func('int open(const char *path, int flags, int mode)'),
    close: library.func('int close(int fd)'),
    read: library.func('intptr_t read(int fd, void *into, size_t length)'),
    write: library.func('intptr_t write(int fd, void *from, size_t length)'),
    ioctl: library.func('int ioctl(int fd, unsigned long request, void *argument)'),
    socket: library.func('int socket(int domain, int type, int protocol)'),
    errno: () => koffi.errno(),
    strerror: library.func('const char *strerror(int errno)'),
    watch(fd, ready) {
      const handle = koffi.node.poll(fd, { readable: true, disconnect: true }, ready);
      return {
        stop() {
          handle.stop();
          handle.close();
        },
      };
    },
  };
}

async function loadKoffi(): Promise<typeof import('koffi')['default']> {
  try {
    return (await import('koffi')).default;
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === 'ERR_MODULE_NOT_FOUND')
      throw new LiveError('the package koffi is not installed, which opens the TAP device: npm install koffi');
    throw new LiveError(`the package koffi, which opens the TAP device, does not load: ${message.split('\n')[0]!}`);
  }
}
