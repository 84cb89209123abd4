/** Longer texts are worth a whole look whatever they hold. */
const maxChars = 1_024
/** Fewer characters than any key or token has. */
const shortRun = 16
/** What is made at random has more different characters than this; a filler has fewer. */
const variety = 10

/**
 * What any detector needs at least: a character that means something to a shell, a query, a page or an encoding; three
 * words in a row; a name that belongs to secrets; an option or a path that no argument should be.
 */
const odd = /[^ -~]|[\\<>()$;|&%@#*^~`=']|\/\/|\.\./
const threeWords = /[a-z]{2}[ ,.:!?-]{1,3}[a-z]{2,30}[ ,.:!?-]{1,3}[a-z]{2}/i
const names =
  /pass|pwd|secret|token|key|cred|bearer|basic|auth|hook|"-|\/etc|\.ssh|\.aws|\.env|id_|shadow|hosts|select|union|drop|script/i
const longRun = /[A-Za-z0-9_+/.-]{16,}/g

/**
 * Whether a JSON text is so plain that no guard could find anything in it. Answers most identifiers, numbers, short names and
 * acknowledgements in a microsecond; false says nothing.
 */
export function isPlain(text: string): boolean {
  // Prose is the commonest, and told by its first words.
  if (text.length > maxChars || threeWords.test(text) || odd.test(text) || names.test(text)) return false
  if (text.length < shortRun) return true
  for (const [run] of text.matchAll(longRun)) if (isVaried(run)) return false
  return true
}

function isVaried(run: string): boolean {
  const seen = new Set<number>()
  for (let at = 0; at < run.length; at++) {
    seen.add(run.charCodeAt(at))
    if (seen.size >= variety) return true
  }
  return false
}
