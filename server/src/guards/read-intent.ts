export type IntentCall = {
  tool?: string | undefined
  description?: string | undefined
  arguments?: unknown
  output?: unknown
}

/** What is looked at of a call: its output, because that is what may steer the model to something nobody asked for. */
export function intentText({ output }: IntentCall): string {
  return typeof output === 'string' ? output : JSON.stringify(output ?? '')
}
