/** Words of people who write about attacks, not of attackers: security documents, tests, research. */
export const talkWords =
  /\b(?:prompt[- ]injections?|jailbreak(?:s|ing|ed)?|attack(?:s|er|ers|ing)?|adversar\w{1,8}|vulnerab\w{1,10}|malicious|exploit\w{0,6}|red[- ]team\w{0,4}|guardrails?|detect(?:s|or|ors|ion|ed|ing)?|scanners?|mitigat\w{1,6}|threats?|security|llms?|prompts?|payloads?|classif\w{1,8}|dataset|benchmark|evaluat\w{1,6}|owasp|cve-\d{4}|injection|e\.g\.|for example|such as|examples?)\b/g

/** Longer texts are judged by their beginning. */
export const talkRead = 16_000
export const mostTalk = 400

/** How much a text talks about attacks: such words per hundred characters, 0..1. */
export function talkAboutAttacks(text: string): number {
  let found = 0
  talkWords.lastIndex = 0
  const part = text.length > talkRead ? text.slice(0, talkRead) : text
  while (found < mostTalk && talkWords.exec(part) !== null) found++
  return talkOf(found, part.length)
}

export const talkOf = (found: number, length: number) => Math.min(1, (found * 25) / Math.max(120, length))
