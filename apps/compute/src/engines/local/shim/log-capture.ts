import { execFileSync } from 'node:child_process';
import { chownSync, closeSync, constants, openSync, unlinkSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';
import type { JobFolder } from '../job-folder.ts';
import type { Output } from './program.ts';

const CHUNK_BYTES = 64 * 1024;

/**
 * Takes all that a program prints, as fast as it prints, and keeps the first bytes of both streams together: printing
 * neither blocks the program nor fills the disk. The streams are named pipes and not sockets, so that a program may
 * open /dev/stdout again.
 */
export class LogCapture {
  /** Printed so far, kept or not. */
  printedBytes = 0;
  /** Descriptors for the program; `started` gives them up. */
  readonly output: Output;
  /** Settles when nobody is left that could print. */
  readonly drained: Promise<unknown>;
  private readonly keepBytes: number;

  constructor(folder: JobFolder, keepBytes: number, userId?: number) {
    this.keepBytes = keepBytes;
    const stdout = this.capture(folder.stdout, userId);
    const stderr = this.capture(folder.stderr, userId);
    this.output = { stdout: stdout.writable, stderr: stderr.writable };
    this.drained = Promise.all([stdout.drained, stderr.drained]);
  }

  /** The program has its own copies of the descriptors now. */
  started(): void {
    closeSync(this.output.stdout);
    closeSync(this.output.stderr);
  }

  private capture(path: string, userId: number | undefined): { writable: number; drained: Promise<void> } {
    const pipe = `${path}.pipe`;
    execFileSync('mkfifo', ['-m', '600', pipe]);
    if (userId !== undefined) chownSync(pipe, userId, userId);
    const readable = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    const writable = openSync(pipe, constants.O_WRONLY);
    unlinkSync(pipe);
    const file = openSync(path, 'a', 0o600);
    const drained = new Promise<void>((resolve) => {
      const onread = {
        buffer: Buffer.alloc(CHUNK_BYTES),
        callback: (count: number, buffer: Uint8Array) => {
          this.keep(file, buffer.subarray(0, count));
          return true;
        },
      };
      const socket = new Socket({ fd: readable, readable: true, writable: false, onread });
      socket.on('close', () => {
        closeSync(file);
        resolve();
      });
      socket.on('error', () => socket.destroy());
      socket.resume();
    });
    return { writable, drained };
  }

  private keep(file: number, data: Uint8Array): void {
    const room = Math.max(0, this.keepBytes - this.printedBytes);
    this.printedBytes += data.length;
    if (room === 0) return;
    try {
      writeSync(file, data.subarray(0, room));
    } catch {
      // The disk is full, which must not end the program: what is lost of its log is counted as printed.
    }
  }
}
