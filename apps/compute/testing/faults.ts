import { Problem } from '@kontor/kit/problem';

interface Planned {
  method: string;
  when: 'before' | 'after';
  problem: Problem;
}

type Method = (...args: unknown[]) => unknown;

/** Makes a client fail as real ones do: out of reach, refused, or gone after the effect and before the answer. */
export class Faults {
  isUnreachable = false;
  readonly #planned: Planned[] = [];

  /** The next call of this method fails: before it has any effect, or after it had all of it. */
  plan(method: string, when: Planned['when'], problem = unreachable()): void {
    this.#planned.push({ method, when, problem });
  }

  wrap<C extends object>(client: C): C {
    return new Proxy(client, {
      get: (target, name) => {
        const method = Reflect.get(target, name) as Method;
        return (...args: unknown[]) => this.#call(String(name), () => method(...args));
      },
    });
  }

  #call(name: string, call: () => unknown): unknown {
    if (this.isUnreachable) return Promise.reject(unreachable());
    const at = this.#planned.findIndex(({ method }) => method === name);
    const [planned] = at < 0 ? [] : this.#planned.splice(at, 1);
    if (planned?.when === 'before') return Promise.reject(planned.problem);
    const answer = call();
    return planned ? Promise.resolve(answer).then(() => Promise.reject(planned.problem)) : answer;
  }
}

const unreachable = (): Problem => Problem.unavailable('service_unavailable', 'A part of the system is not reachable.');
