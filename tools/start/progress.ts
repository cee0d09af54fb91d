import { appendFileSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';

const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];
const FRAME_MS = 100;
const STILL_MS = 10_000;

/** Tells a person what happens, and keeps all of it in a log. */
export interface Progress {
  /** The log, absolute path. */
  file: string;
  /** Runs `work` under a title with the seconds it takes; `work` may say how far it is. */
  step<T>(title: string, work: (detail: (text: string) => void) => Promise<T>): Promise<T>;
  say(line: string): void;
  /** Only for the person: what no log may hold. */
  show(line: string): void;
  /** Only for the log. */
  note(text: string): void;
}

/**
 * On a terminal a line that moves while a step runs, the last begun where several do; elsewhere a line when it ends and
 * one every ten seconds until then, so that a log stays readable.
 */
export function makeProgress(logFile: string, out: NodeJS.WriteStream = process.stdout): Progress {
  mkdirSync(dirname(logFile), { recursive: true });
  const note = (text: string) => {
    try {
      appendFileSync(logFile, `${new Date().toISOString()} ${text}\n`);
    } catch {
      // A full disk costs lines of the log, and nothing that is worth more.
    }
  };
  let moving = false;
  const running: symbol[] = [];
  const clear = () => {
    if (moving) out.write('\r\x1b[K');
    moving = false;
  };
  const show = (line: string) => {
    clear();
    out.write(`${line}\n`);
  };
  const say = (line: string) => {
    show(line);
    note(line);
  };
  const step: Progress['step'] = async (title, work) => {
    const self = Symbol(title);
    running.push(self);
    const began = performance.now();
    const seconds = () => `${((performance.now() - began) / 1000).toFixed(1)} s`;
    let detail = '';
    let frame = 0;
    const draw = () => {
      if (running.at(-1) !== self) return;
      const line = `${FRAMES[frame++ % FRAMES.length]} ${title}, ${seconds()}${detail && `  ${detail}`}`;
      out.write(`\r\x1b[K${line.slice(0, (out.columns || 80) - 1)}`);
      moving = true;
    };
    const still = () => out.write(`  still: ${title}, ${seconds()}${detail && `, ${detail}`}\n`);
    const timer = out.isTTY ? setInterval(draw, FRAME_MS) : setInterval(still, STILL_MS);
    note(`… ${title}`);
    try {
      const result = await work((text) => (detail = text));
      say(`✓ ${title}, ${seconds()}`);
      return result;
    } catch (error) {
      say(`✗ ${title}, ${seconds()}`);
      throw error;
    } finally {
      clearInterval(timer);
      running.splice(running.indexOf(self), 1);
    }
  };
  return { file: logFile, step, say, show, note };
}
