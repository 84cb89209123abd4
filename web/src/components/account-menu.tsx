import { useNavigate } from '@tanstack/react-router'
import { Check, LockKeyhole, LogOut } from 'lucide-react'
import { DropdownMenu } from 'radix-ui'
import { api, cache } from '../api/client.ts'
import type { Me } from '../api/shapes.ts'
import { paths } from '../paths.ts'
import { Avatar } from '../ui/avatar.tsx'
import { type Theme, useTheme } from './theme.ts'
import { useChange } from './use-change.ts'

const item =
  'flex h-8 cursor-pointer items-center gap-2 rounded-sm px-2 text-13 outline-none data-highlighted:bg-n4'
const themes: readonly (readonly [Theme, string])[] = [
  ['system', 'As the system'],
  ['light', 'Light'],
  ['dark', 'Dark'],
]

export function AccountMenu({ me, folded }: { me: Me; folded: boolean }) {
  const navigate = useNavigate()
  const [theme, setTheme] = useTheme()
  const signOut = useChange({
    run: () => api.call('deleteSession'),
    loud: true,
    after: () => {
      void navigate(paths.signIn()).then(() => cache.clear())
    },
  })
  return (
    <DropdownMenu.Root>
      <DropdownMenu.Trigger
        aria-label={`Account of ${me.name || me.email}`}
        className="flex h-8 min-w-0 flex-1 items-center gap-2 rounded px-1.5 text-13 transition-colors duration-120 hover:bg-n4"
      >
        <Avatar name={me.name || me.email} />
        {!folded && <span className="truncate">{me.name || me.email}</span>}
      </DropdownMenu.Trigger>
      <DropdownMenu.Portal>
        <DropdownMenu.Content
          align="start"
          side="top"
          sideOffset={6}
          className="z-50 w-60 data-open:animate-rise rounded bg-raised p-1 shadow-float"
        >
          <div className="px-2 py-1.5">
            <p className="truncate text-13 font-medium">{me.name || me.email}</p>
            <p className="truncate text-12 text-n11">{me.email}</p>
          </div>
          <DropdownMenu.Separator className="my-1 h-px bg-n5" />
          <DropdownMenu.Label className="px-2 py-1 text-12 text-n10">Theme</DropdownMenu.Label>
          <DropdownMenu.RadioGroup value={theme} onValueChange={(value) => setTheme(value as Theme)}>
            {themes.map(([value, label]) => (
              <DropdownMenu.RadioItem key={value} value={value} className={item}>
                <span className="flex-1">{label}</span>
                <DropdownMenu.ItemIndicator>
                  <Check className="size-4 text-accent" />
                </DropdownMenu.ItemIndicator>
              </DropdownMenu.RadioItem>
            ))}
          </DropdownMenu.RadioGroup>
          <DropdownMenu.Separator className="my-1 h-px bg-n5" />
          <DropdownMenu.Item className={item} onSelect={() => void navigate(paths.account())}>
            <LockKeyhole className="size-4 text-n10" aria-hidden="true" />
            Account security
          </DropdownMenu.Item>
          <DropdownMenu.Item className={item} onSelect={() => signOut.mutate(undefined)}>
            <LogOut className="size-4 text-n10" aria-hidden="true" />
            Sign out
          </DropdownMenu.Item>
        </DropdownMenu.Content>
      </DropdownMenu.Portal>
    </DropdownMenu.Root>
  )
}
