import { patternDetector } from '../finding.ts'

export const activeContent = patternDetector({
  id: 'active-content',
  scanner: 'exfiltration',
  category: 'data-exfiltration',
  kinds: ['tool_input', 'tool_output', 'tool_definition'],
  reason: 'The text holds markup that runs a script where it is shown.',
  gate: /<|javascript:/,
  patterns: [
    [
      /<(?:img|svg|body|iframe|input|video|audio|details|object|embed|marquee)\b[^>]{0,200}\bon(?:error|load|mouseover|focus|click|toggle|begin)\s{0,3}=/g,
      0.45,
    ],
    [/<svg\/on\w{3,12}\s{0,3}=/g, 0.5],
    [/\]\(\s{0,3}javascript:|\bhref\s{0,3}=\s{0,3}["']?\s{0,3}javascript:/g, 0.5],
  ],
  caught: [
    { text: "<img src=x onerror=fetch('https://x.example.net')>" },
    { text: '[open](javascript:alert(1))' },
  ],
  spared: [{ text: '<img src="a.png" alt="a chart">' }, { text: 'Set onerror to retry when a < b.' }],
})
