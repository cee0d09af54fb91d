/**
 * Lints texts as if they stood in files of the workspace, by the rules that need no types. Reads a JSON object from
 * path to text, prints one from path to `rule: message` of each finding.
 */
import { json } from 'node:stream/consumers';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';

const eslint = new ESLint({ overrideConfig: tseslint.configs.disableTypeChecked });
const findings = {};
for (const [filePath, text] of Object.entries(await json(process.stdin))) {
  const [{ messages }] = await eslint.lintText(text, { filePath });
  findings[filePath] = messages.map(({ ruleId, message }) => `${ruleId}: ${message}`);
}
console.log(JSON.stringify(findings));
