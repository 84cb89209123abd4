import { contentLeaves } from './content-leaves.ts'
import type { Finding } from './finding.ts'

/** What a page of an MCP App holds that belongs to the person or the client it is shown in. */
const takes = String.raw`(?:document\.cookie|(?:local|session)Storage|indexedDB|navigator\.clipboard|parent\.document|top\.document)`
/** Ways out of a page. */
const sends = String.raw`(?:fetch\s{0,3}\(|XMLHttpRequest|sendBeacon|new\s{1,3}(?:WebSocket|EventSource|Image)|\.(?:src|href|action)\s{0,3}=)`
const carriesOut = new RegExp(
  String.raw`${takes}[\s\S]{0,400}?${sends}[\s\S]{0,120}?(?:https?:|wss?:|\/\/)|${sends}[\s\S]{0,120}?(?:https?:|wss?:|\/\/)[\s\S]{0,300}?${takes}`,
)
/** A page that takes the client's window elsewhere. */
const leaves = /\b(?:top|parent|window\.top|window\.parent)\.location\s{0,3}(?:=|\.(?:href|assign|replace)\b)/
const isPage = /<(?:script|html|body|iframe|form)\b/i
/** Longer pages are looked at in their first part. */
const maxPage = 500_000

const none: readonly Finding[] = []

/** Active content of MCP Apps: scripts are their nature, carrying out what belongs to the person is not. Linear. */
export function judgeApp(text: string): readonly Finding[] {
  if (!text.includes('/') || (!text.includes('ui://') && !text.includes('text/html'))) return none
  const findings: Finding[] = []
  for (const leaf of contentLeaves(text)) {
    if (!isPage.test(leaf.text)) continue
    const page = leaf.text.slice(0, maxPage)
    if (carriesOut.test(page))
      findings.push(
        says(
          'app-carries-out',
          'The page sends what belongs to the person who sees it elsewhere.',
          leaf.path,
        ),
      )
    if (leaves.test(page))
      findings.push(
        says('app-leaves', 'The page takes the window it is shown in to another place.', leaf.path),
      )
  }
  return findings.slice(0, 8)
}

const says = (detector: string, reason: string, path: string): Finding => ({
  detector,
  reason,
  path,
  scanner: 'exfiltration',
  category: 'data-exfiltration',
  excerpt: '',
  weight: 0.8,
  through: undefined,
})
