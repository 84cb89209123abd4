import type { GuardAction, GuardSettings } from '../api/shapes.ts'

/** A scanner in words a security officer uses, and the actions that mean something for it. */
export type ScannerRow = {
  readonly name: string
  readonly label: string
  readonly about: string
  readonly actions: readonly GuardAction[]
}

const spoken: readonly GuardAction[] = ['allow', 'alert', 'block']
const masked: readonly GuardAction[] = ['allow', 'alert', 'mask', 'block']

export const scannerRows: readonly ScannerRow[] = [
  {
    name: 'definitions',
    label: 'Tool definitions',
    about:
      'Instructions, secrets asked for, look-alike names. Block holds the tool until a person approves it.',
    actions: spoken,
  },
  {
    name: 'injection',
    label: 'Injected instructions',
    about: 'Text in answers that gives orders to the model.',
    actions: spoken,
  },
  {
    name: 'hidden',
    label: 'Hidden characters',
    about: 'What a model reads and a person does not see.',
    actions: masked,
  },
  { name: 'secrets', label: 'Secrets', about: 'Keys, tokens, passwords, private keys.', actions: masked },
  {
    name: 'exfiltration',
    label: 'Data on its way out',
    about: 'Images, links and host names that carry data away; scripts in markup.',
    actions: spoken,
  },
  {
    name: 'commands',
    label: 'Commands',
    about: 'Shell, SQL and paths where they have no place.',
    actions: spoken,
  },
  {
    name: 'questions',
    label: 'Questions for secrets',
    about: 'A server asks a person or a model for passwords or keys in the middle of a call.',
    actions: spoken,
  },
  {
    name: 'intent',
    label: 'Calls beside their purpose',
    about: 'A reading tool that sends, side effects nobody asked for, results of something else.',
    actions: spoken,
  },
  {
    name: 'flow',
    label: 'Toxic flows',
    about: 'A write after content that steers the model, in one conversation.',
    actions: spoken,
  },
  {
    name: 'personal',
    label: 'Personal data',
    about:
      'Mail addresses, phone, card and account numbers, identity numbers. Arguments are told, never masked.',
    actions: masked,
  },
  {
    name: 'patterns',
    label: 'Your own patterns',
    about: 'What administrators forbid below.',
    actions: spoken,
  },
  {
    name: 'trajectory',
    label: 'Course of a conversation',
    about: 'A sudden pivot, a slow drift, access that escalates, the same change again and again.',
    actions: spoken,
  },
]

export const actionWords: Readonly<Record<GuardAction, string>> = {
  allow: 'Allow',
  alert: 'Alert',
  mask: 'Mask',
  block: 'Block',
}

export const sensitivities = [
  { value: 'low', label: 'Low', hint: 'About 3 false alarms in 1,000 ordinary texts' },
  { value: 'medium', label: 'Medium', hint: 'About 1 in 100' },
  { value: 'high', label: 'High', hint: 'About 5 in 100' },
] as const

export type GuardDraft = Pick<GuardSettings, 'sensitivity' | 'actions' | 'block_when_certain' | 'end_session'>

export const draftOf = (settings: GuardSettings): GuardDraft => ({
  sensitivity: settings.sensitivity,
  actions: { ...settings.actions },
  block_when_certain: settings.block_when_certain,
  end_session: settings.end_session,
})
