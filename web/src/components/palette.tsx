import { useQuery } from '@tanstack/react-query'
import { type LinkOptions, useNavigate } from '@tanstack/react-router'
import { Command } from 'cmdk'
import {
  Bot,
  FlaskConical,
  House,
  KeyRound,
  Layers,
  Plug,
  Plus,
  ScrollText,
  ShieldAlert,
  ShieldCheck,
  ShieldPlus,
  UserPlus,
  UserRound,
  Users,
} from 'lucide-react'
import { Dialog } from 'radix-ui'
import type { ReactNode } from 'react'
import * as queries from '../api/queries.ts'
import type { Me } from '../api/shapes.ts'
import { paths } from '../paths.ts'

type Entry = { name: string; link: LinkOptions; icon: ReactNode; needs?: string }

const pages: readonly Entry[] = [
  { name: 'Home', link: paths.home(), icon: <House /> },
  { name: 'Connectors', link: paths.connectors(), icon: <Plug /> },
  { name: 'Runlayer Plugin', link: paths.runlayerPlugin(), icon: <Layers /> },
  { name: 'Policies', link: paths.policies(), icon: <ShieldCheck />, needs: 'policies.read' },
  { name: 'Security', link: paths.security(), icon: <ShieldAlert />, needs: 'policies.read' },
  { name: 'Policy simulator', link: paths.simulator(), icon: <FlaskConical />, needs: 'policies.read' },
  { name: 'People', link: paths.people(), icon: <UserRound />, needs: 'people.read' },
  { name: 'Groups', link: paths.groups(), icon: <Users />, needs: 'people.read' },
  { name: 'API keys', link: paths.keys(), icon: <KeyRound /> },
  { name: 'Agent accounts', link: paths.agents(), icon: <Bot />, needs: 'agent_accounts.read' },
  { name: 'Audit', link: paths.audit(), icon: <ScrollText /> },
]

const actions: readonly Entry[] = [
  { name: 'Add connector', link: paths.connectorNew(), icon: <Plus />, needs: 'connectors.write' },
  { name: 'New rule', link: paths.policyNew(), icon: <ShieldPlus />, needs: 'policies.write' },
  {
    name: 'Add person',
    link: { to: '/people', search: { new: '1' } },
    icon: <UserPlus />,
    needs: 'people.write',
  },
  { name: 'Create API key', link: { to: '/keys', search: { new: '1' } }, icon: <KeyRound /> },
]

/** From anywhere to any page, action or connector. */
export function Palette({ onClose, me }: { onClose(): void; me: Me }) {
  const navigate = useNavigate()
  const connectors = useQuery(queries.servers())
  const allowed = (entry: Entry) => entry.needs === undefined || me.capabilities.includes(entry.needs)
  const item = (entry: Entry) => (
    <Command.Item
      key={entry.name}
      value={entry.name}
      onSelect={() => {
        onClose()
        void navigate(entry.link)
      }}
      className="flex h-9 cursor-pointer items-center gap-2.5 rounded-sm px-2.5 text-13 aria-selected:bg-n4 [&_svg]:size-4 [&_svg]:text-n10"
    >
      {entry.icon}
      <span className="truncate">{entry.name}</span>
    </Command.Item>
  )
  const heading =
    '[&_[cmdk-group-heading]]:px-2.5 [&_[cmdk-group-heading]]:py-1.5 [&_[cmdk-group-heading]]:text-12 [&_[cmdk-group-heading]]:text-n11'
  return (
    <Dialog.Root open onOpenChange={(open) => open || onClose()}>
      <Dialog.Portal>
        <Dialog.Overlay className="fixed inset-0 z-50 data-open:animate-fade bg-scrim" />
        <Dialog.Content
          aria-describedby={undefined}
          className="fixed top-[14vh] left-1/2 z-50 w-[calc(100%-32px)] max-w-144 -translate-x-1/2 data-open:animate-rise rounded bg-raised shadow-float outline-none"
        >
          <Dialog.Title className="sr-only">Command palette</Dialog.Title>
          <Command label="Command palette" loop>
            <Command.Input
              placeholder="Go to a page, an action or a connector"
              className="h-12 w-full rounded-t border-b border-n5 bg-transparent px-4 text-14 outline-none"
            />
            <Command.List className="max-h-96 overflow-y-auto p-1.5">
              <Command.Empty className="px-3 py-8 text-center text-13 text-n11">
                Nothing here has that name.
              </Command.Empty>
              {connectors.data !== undefined && connectors.data.data.length > 0 && (
                <Command.Group heading="Connectors" className={heading}>
                  {connectors.data.data.map((row) =>
                    item({ name: row.name, link: paths.connector(row.id), icon: <Plug /> }),
                  )}
                </Command.Group>
              )}
              <Command.Group heading="Pages" className={heading}>
                {pages.filter(allowed).map(item)}
              </Command.Group>
              <Command.Group heading="Actions" className={heading}>
                {actions.filter(allowed).map(item)}
              </Command.Group>
            </Command.List>
          </Command>
        </Dialog.Content>
      </Dialog.Portal>
    </Dialog.Root>
  )
}
