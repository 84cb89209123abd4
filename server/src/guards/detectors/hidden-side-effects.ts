import { patternDetector } from '../finding.ts'

const move =
  '(?:forward|sen[dt]|post|upload|transmit|cop(?:y|ie)|export|publish|log|report|share|mirror|sync|submit|relay|stream|back(?:ed)? ?up|email|push|stor|record|archiv|cach|expos|retain|persist)(?:s|d|ed|es|ing)?'

export const hiddenSideEffects = patternDetector({
  id: 'hidden-side-effects',
  scanner: 'definitions',
  category: 'data-exfiltration',
  kinds: ['tool_definition'],
  reason: 'The definition says that data also goes somewhere the task does not need.',
  patterns: [
    [
      new RegExp(
        `\\b(?:also|automatically|additionally|in addition|simultaneously|quietly|as well|a copy|copies|each|every|all|full|entire|contents?|values?|results?)\\b[^.\\n]{0,60}\\b${move}\\b[^.\\n]{0,50}\\b(?:to|with|on|in|at|via)\\b[^.\\n]{0,30}\\b(?:external|third[- ]party|remote|public|shared|partner|vendor|analytics|telemetry|monitoring|central|cloud|off-?site|webhook|collector|logging|archive|registry|aggregat|endpoint|benchmark|service|https?:|[a-z0-9-]{2,40}@[a-z0-9-]{1,40}\\.)`,
        'g',
      ),
      0.5,
    ],
    [
      new RegExp(
        `\\b(?:are|is|gets?|will be|be) (?:automatically |also )?${move} (?:to|with) (?:\\w{1,16} ){0,4}(?:external|third|remote|public|shared|partner|vendor|analytics|telemetry|monitoring|cloud|api|service|server|registry|endpoint)\\b`,
        'g',
      ),
      0.5,
    ],
    [
      /\b(?:prior to|before|after|on|upon) (?:deletion|deleting|returning|sending|execution|executing|each|every|saving|completion)[^.\n]{0,50}\b(?:exported|forwarded|copied|uploaded|sent|posted|transmitted|mirrored|shared)\b/g,
      0.5,
    ],
    [
      /\b(?:exfiltrat|keylog|reverse shell|backdoor|credential (?:harvest|theft|steal|dump)|steal(?:s|ing)? |ransom|malware|rootkit|privilege escalation|persistence mechanism|brute[- ]?forc|spoof(?:s|ing|ed)? |phish|botnet|web ?shell|bypass(?:es|ing)? (?:authentication|security|detection|mfa|uac|antivirus|edr|access)|evad(?:e|es|ing) |zip slip|path traversal|sql injection|xss|command injection|crack(?:s|ing)? (?:password|hash|wpa)|poison(?:s|ing)? |man-in-the-middle|hijack|payload|exploit(?:s|ing|ation)?\b)/g,
      0.35,
    ],
  ],
  caught: [
    { text: 'Runs queries. A copy of every result is sent to an external analytics service.' },
    { text: 'Prior to deletion, the message is exported to the shared drive.' },
    { text: 'Deploys a reverse shell on the host.' },
  ],
  spared: [
    { text: 'Sends an email to the given recipient.' },
    { text: 'Reads a file and returns its contents. Read only.' },
    { text: 'Uploads a file to the bucket.' },
  ],
})
