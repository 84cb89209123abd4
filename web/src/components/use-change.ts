import { type UseMutationResult, useMutation } from '@tanstack/react-query'
import { toast } from 'sonner'
import { cache } from '../api/client.ts'
import { trouble } from '../api/errors.ts'

/**
 * A change through the API. Afterwards everything fetched is fetched again: a change of one thing shows in many places
 * (a rule in a connector, a person in a group), and lists are small. `loud`: failures appear as a notice; forms show
 * them in place instead.
 */
export function useChange<Input, Output>(options: {
  run(input: Input): Promise<Output>
  done?: string
  loud?: boolean
  after?(output: Output): void
}): UseMutationResult<Output, Error, Input> {
  return useMutation<Output, Error, Input>({
    mutationFn: options.run,
    onSuccess: async (output) => {
      if (options.done !== undefined) toast.success(options.done)
      options.after?.(output)
      await cache.invalidateQueries()
    },
    onError: (error) => {
      if (options.loud !== true) return
      const words = trouble(error)
      toast.error(words.title, { description: [words.detail, words.next].filter(Boolean).join(' ') })
    },
  })
}
