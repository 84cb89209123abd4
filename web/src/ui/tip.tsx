import { Tooltip } from 'radix-ui'
import type { ReactNode } from 'react'

/** `label`: the text is already the accessible name of the child, so it is not read out twice. */
export function Tip({ text, label, children }: { text: string; label?: boolean; children: ReactNode }) {
  return (
    <Tooltip.Provider delayDuration={250} disableHoverableContent={label === true}>
      <Tooltip.Root>
        <Tooltip.Trigger asChild {...(label === true ? { 'aria-describedby': undefined } : {})}>
          {children}
        </Tooltip.Trigger>
        <Tooltip.Portal>
          <Tooltip.Content
            sideOffset={6}
            collisionPadding={8}
            className="z-50 max-w-72 data-open:animate-fade rounded bg-n12 px-2 py-1 text-12 text-n1 shadow-float"
          >
            {text}
          </Tooltip.Content>
        </Tooltip.Portal>
      </Tooltip.Root>
    </Tooltip.Provider>
  )
}
