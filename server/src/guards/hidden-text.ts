/** What the finder of hidden characters says: it needs no rule, so it is no detector with patterns. */
export const hiddenText = {
  detector: 'hidden-characters',
  scanner: 'hidden',
  category: 'hidden-text',
  reason: 'The text holds characters that a person does not see but a model reads.',
} as const
