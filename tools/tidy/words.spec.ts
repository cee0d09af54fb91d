import { describe, expect, it } from '@jest/globals';
import { bannedWords, bans } from './banned.ts';
import { show } from './repository.ts';

/** `·` stands in the middle of every banned word, so that this file does not contain it. */
const samples: Record<string, string> = {
  'apps/quota/src/quota.module.ts': 'imports: [forward·Ref(() => LedgerModule)]',
  'apps/quota/src/database.ts': 'const options = { synchronize: tr·ue };',
  'libs/kit/src/row.ts': 'return row as unknown a·s Account;',
  'libs/kit/src/grpc.ts': '// eslint-dis·able-next-line',
  'libs/kit/src/dto.ts': '// @ts-ig·nore',
  'apps/quota/src/ledger.spec.ts': "it.sk·ip('never oversells', () => {});",
  'docs/guide.md': 'TO·DO: write this.',
  'apps/compute/src/expiry.ts': 'const at = new Da·te();',
  'apps/compute/src/main.ts': "console.l·og('ready');",
  'infra/postgres/src/settings.ts': "listen: '0.0.0·.0'",
  'libs/kit/src/retry.ts': 'const wait_ms = 10 * Math.ran·dom();',
  'tools/start/start.mjs': "const home = '/tm·p/kontor';",
  'README.md': 'Co-Authored·-By: somebody',
};

describe('banned words', () => {
  it('each have a sample here', () => {
    const caught = bans.filter(({ word }) => Object.values(samples).some((line) => word.test(plain(line))));
    expect(caught).toHaveLength(bans.length);
  });

  it.each(Object.entries(samples))('are found in %s, with the line and the replacement', (path, line) => {
    const faults = bannedWords([{ path, text: `first\n${plain(line)}\n` }]).map(show);
    expect(faults).toEqual([expect.stringMatching(new RegExp(`^${path}:2 .+: .+`))]);
  });

  const harmless = {
    'time where a clock is made': ['apps/quota/src/clock.ts', 'class Own extends Clock { now = () => new Da·te(); }'],
    'time where nobody can inject any': [
      'apps/compute/src/shim.ts',
      '// Outlives whoever could inject a clock: the wall clock.\nconst at = Da·te.now();',
    ],
    'time in a suite that specs share': ['apps/compute/src/engines/conformance/time.ts', 'const at = new Da·te();'],
    'a folder of that name inside another': ['apps/compute/src/sandbox.ts', 'const home = `${folder}/ro·ot/x`;'],
    'time in a test': ['apps/quota/src/ledger.spec.ts', 'const at = new Da·te();'],
    'time from a number': ['apps/quota/src/ledger.ts', 'const at = new Date(0);'],
    'chance, said to be jitter': ['libs/kit/src/retry.ts', 'wait(Math.ran·dom()); // jitter keeps callers apart'],
    'chance, said to be jitter above': ['libs/kit/src/retry.ts', '// Jitter.\nwait(Math.ran·dom());'],
    'a folder of that name somewhere below': ['tools/start/start.mjs', "join(home, 'var/tm·p/x')"],
    'a temporary folder in a test': ['tools/start/start.spec.ts', "const home = '/tm·p/kontor';"],
    'a word that contains another': ['apps/quota/src/ledger.ts', 'const todoist = exit(1);'],
  };

  it.each(Object.entries(harmless))('leave alone %s', (_, [path = '', line = '']) => {
    expect(bannedWords([{ path, text: plain(line) }])).toEqual([]);
  });
});

const plain = (marked: string) => marked.replaceAll('·', '');
