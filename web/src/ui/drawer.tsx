import { X } from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import { IconButton } from './button.tsx'
import { ScrollArea } from './scroll-area.tsx'

/** Detail over the list it belongs to. Closing gives the focus back to the row. */
export function Drawer(props: {
  title: string
  subtitle?: ReactNode
  onClose(): void
  actions?: ReactNode
  children: ReactNode
}) {
  return (
    <Dialog.Root open onOpenChange={(open) => open || props.onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-40 data-open:animate-fade bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          // The drawer itself, not its first button: a reader starts at the title, and no tooltip opens by itself.
          onOpenAutoFocus={(event) => {
            event.preventDefault()
            if (event.currentTarget instanceof HTMLElement) event.currentTarget.focus()
          }}
          className="fixed inset-y-0 right-0 z-40 flex w-full max-w-160 data-open:animate-slide flex-col border-l border-n6 bg-n1 shadow-float outline-none"
        >
          <header className="flex items-start gap-3 border-b border-n5 px-5 py-4">
            <div className="grid min-w-0 flex-1 gap-0.5">
              <Dialog.Title className="text-16 font-semibold wrap-anywhere">{props.title}</Dialog.Title>
              {props.subtitle !== undefined && <div className="text-13 text-n11">{props.subtitle}</div>}
            </div>
            {props.actions}
            <Dialog.Close asChild>
              <IconButton label="Close">
                <X />
              </IconButton>
            </Dialog.Close>
          </header>
          <ScrollArea
            label="Details"
            className="grid flex-1 grid-cols-[minmax(0,1fr)] content-start gap-6 p-5 -outline-offset-2"
          >
            {props.children}
          </ScrollArea>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
