import { useBlocker } from '@tanstack/react-router'
import { ConfirmDialog } from '../ui/dialog.tsx'

/** Asks before a page is left with something entered on it that was not sent. */
export function KeepInput({ isEntered }: { isEntered: boolean }) {
  const leaving = useBlocker({
    shouldBlockFn: ({ current, next }) => isEntered && current.pathname !== next.pathname,
    enableBeforeUnload: () => isEntered,
    withResolver: true,
  })
  if (leaving.status !== 'blocked') return null
  return (
    <ConfirmDialog
      title="Leave this page"
      about="What you entered here is not saved and will be lost."
      verb="Leave"
      busy={false}
      onConfirm={leaving.proceed}
      onClose={leaving.reset}
    />
  )
}
