import { isApple } from '../lib/is-apple.ts'
import { Dialog } from '../ui/dialog.tsx'
import { Kbd } from '../ui/kbd.tsx'
import { Switch } from '../ui/switch.tsx'
import { useSingleKeys } from './use-keys.ts'

const shortcuts = (): readonly (readonly [readonly string[], string])[] => [
  [[isApple() ? '⌘' : 'Ctrl', 'K'], 'Go to a page or connector'],
  [['j'], 'Next row'],
  [['k'], 'Previous row'],
  [['Enter'], 'Open the row'],
  [['/'], 'Search this page'],
  [['Esc'], 'Close what is open'],
  [['?'], 'This list'],
]

export function ShortcutHelp({ onClose }: { onClose(): void }) {
  const [on, setOn] = useSingleKeys()
  return (
    <Dialog title="Keyboard shortcuts" onClose={onClose}>
      <ul className="grid gap-2">
        {shortcuts().map(([keys, meaning]) => (
          <li key={meaning} className="flex items-center justify-between gap-4 text-13">
            {meaning}
            <span className="flex gap-1">
              {keys.map((key) => (
                <Kbd key={key}>{key}</Kbd>
              ))}
            </span>
          </li>
        ))}
      </ul>
      <div className="flex items-center justify-between gap-4 border-t border-n5 pt-4 text-13">
        <span>Shortcuts of a single key</span>
        <Switch label="Shortcuts of a single key" checked={on} onChange={setOn} />
      </div>
    </Dialog>
  )
}
