/** Characters that keys, tokens and encoded payloads are made of. */
const member = Uint8Array.from({ length: 128 }, (_, code) =>
  /[\w+/=.~%:-]/.test(String.fromCharCode(code)) ? 1 : 0,
)

/** Whether so many such characters stand in a row somewhere: ordinary prose ends every search for keys here. */
export function hasLongRun(text: string, least: number): boolean {
  let run = 0
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code < 128 && member[code] === 1) {
      if (++run >= least) return true
    } else run = 0
  }
  return false
}
