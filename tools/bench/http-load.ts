import { Agent, request } from 'node:http';

export interface Load {
  /** Such as http://127.0.0.1:7800/v1/me. */
  url: string;
  /** Headers of each request in turn: those of several people who call at the same time. */
  headers: Record<string, string>[];
  seconds: number;
  /** How many connections are kept open, with one request on each. */
  inFlight: number;
}

/**
 * Answers per second to the same GET, over connections that stay open.
 *
 * @throws where an answer is not 200
 */
export async function answersPerSecond({ url, headers, seconds, inFlight }: Load): Promise<number> {
  const agent = new Agent({ keepAlive: true, maxSockets: inFlight });
  const began = performance.now();
  let answered = 0;
  const ask = async (): Promise<void> => {
    while (performance.now() - began < seconds * 1000) {
      await get(url, agent, headers[answered % headers.length] ?? {});
      answered++;
    }
  };
  try {
    await Promise.all(Array.from({ length: inFlight }, ask));
    return answered / ((performance.now() - began) / 1000);
  } finally {
    agent.destroy();
  }
}

function get(url: string, agent: Agent, headers: Record<string, string>): Promise<void> {
  return new Promise((resolve, reject) => {
    const asked = request(url, { agent, headers }, (answer) => {
      if (answer.statusCode !== 200) reject(new Error(`GET ${url} was answered ${answer.statusCode}.`));
      answer.once('end', resolve).once('error', reject).resume();
    });
    asked.once('error', reject).end();
  });
}
