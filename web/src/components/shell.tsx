import { useSuspenseQuery } from '@tanstack/react-query'
import { Link, Outlet, useRouterState } from '@tanstack/react-router'
import {
  BadgeCheck,
  Bot,
  Cable,
  Command,
  FolderSync,
  Handshake,
  House,
  Inbox,
  Keyboard,
  KeyRound,
  Layers,
  LogIn,
  PanelLeft,
  Plug,
  ScrollText,
  ShieldAlert,
  ShieldCheck,
  UserRound,
  Users,
} from 'lucide-react'
import { type CSSProperties, lazy, Suspense, useCallback, useEffect, useState } from 'react'
import { Toaster } from 'sonner'
import * as queries from '../api/queries.ts'
import type { Me } from '../api/shapes.ts'
import { isApple } from '../lib/is-apple.ts'
import { paths } from '../paths.ts'
import { IconButton } from '../ui/button.tsx'
import { cx } from '../ui/cx.ts'
import { Kbd } from '../ui/kbd.tsx'
import { AccountMenu } from './account-menu.tsx'
import { useListKeys } from './use-keys.ts'

const ShortcutHelp = lazy(() =>
  import('./shortcut-help.tsx').then((file) => ({ default: file.ShortcutHelp })),
)
const Palette = lazy(() => import('./palette.tsx').then((file) => ({ default: file.Palette })))

const toastColours = {
  fontFamily: 'var(--font-sans)',
  '--normal-bg': 'var(--raised)',
  '--normal-text': 'var(--n12)',
  '--normal-border': 'var(--n6)',
} as CSSProperties

const places = [
  { name: 'Home', link: paths.home(), icon: House, needs: undefined },
  { name: 'Connectors', link: paths.connectors(), icon: Plug, needs: undefined },
  { name: 'Runlayer Plugin', link: paths.runlayerPlugin(), icon: Layers, needs: undefined },
  { name: 'Policies', link: paths.policies(), icon: ShieldCheck, needs: 'policies.read' },
  { name: 'Security', link: paths.security(), icon: ShieldAlert, needs: 'policies.read' },
  { name: 'People', link: paths.people(), icon: UserRound, needs: 'people.read' },
  { name: 'Groups', link: paths.groups(), icon: Users, needs: 'people.read' },
  { name: 'Directory', link: paths.directory(), icon: FolderSync, needs: 'directory.read' },
  { name: 'Single sign-on', link: paths.singleSignOn(), icon: LogIn, needs: 'sso.read' },
  { name: 'Trusted issuers', link: paths.trustedIssuers(), icon: BadgeCheck, needs: 'system.manage' },
  { name: 'API keys', link: paths.keys(), icon: KeyRound, needs: undefined },
  { name: 'Agent accounts', link: paths.agents(), icon: Bot, needs: 'agent_accounts.read' },
  { name: 'Clients', link: paths.clients(), icon: Cable, needs: undefined },
  { name: 'Delegations', link: paths.delegations(), icon: Handshake, needs: undefined },
  { name: 'Requests', link: paths.requests(), icon: Inbox, needs: undefined },
  { name: 'Audit', link: paths.audit(), icon: ScrollText, needs: undefined },
] as const

function Mark() {
  return (
    <svg viewBox="0 0 24 24" className="size-6 shrink-0" aria-hidden="true">
      <rect width="24" height="24" rx="6" className="fill-n12" />
      <path d="M6 8h12M6 12h6.5M6 16h12" className="stroke-n1" strokeWidth="1.8" strokeLinecap="round" />
      <circle cx="16.6" cy="12" r="1.7" className="fill-accent" />
    </svg>
  )
}

function Places({ folded, me }: { folded: boolean; me: Me }) {
  const path = useRouterState({ select: (state) => state.location.pathname })
  return (
    <ul className="grid gap-0.5">
      {places
        .filter((place) => place.needs === undefined || me.capabilities.includes(place.needs))
        .map(({ name, link, icon: Icon }) => {
          const here = link.to === '/' ? path === '/' : path === link.to || path.startsWith(`${link.to}/`)
          return (
            <li key={name}>
              <Link
                {...link}
                aria-current={here ? 'page' : undefined}
                title={folded ? name : undefined}
                className={cx(
                  'flex h-8 items-center gap-2.5 rounded px-2 text-13 transition-colors duration-120',
                  here ? 'bg-n4 font-medium text-n12' : 'text-n11 hover:bg-n3 hover:text-n12',
                )}
              >
                <Icon className="size-4 shrink-0" aria-hidden="true" />
                <span className={cx(folded && 'sr-only')}>{name}</span>
              </Link>
            </li>
          )
        })}
    </ul>
  )
}

/** When a page goes, what had the focus goes with it; the next Tab then starts at the new page, not at the sidebar. */
function useKeptFocus(): void {
  const path = useRouterState({ select: (state) => state.resolvedLocation?.pathname })
  useEffect(() => {
    if (path !== undefined && document.activeElement === document.body)
      document.getElementById('main')?.focus()
  }, [path])
}

export function Shell() {
  const { data: me } = useSuspenseQuery(queries.me())
  const [folded, setFolded] = useState(() => window.innerWidth < 900)
  const [palette, setPalette] = useState(false)
  const [help, setHelp] = useState(false)
  useListKeys(useCallback(() => setHelp(true), []))
  useKeptFocus()
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() !== 'k' || !(event.ctrlKey || event.metaKey)) return
      event.preventDefault()
      setPalette((open) => !open)
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
  return (
    <div className="flex min-h-dvh">
      <a
        href="#main"
        className="sr-only z-50 rounded bg-n12 px-3 py-2 text-13 text-n1 focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <aside
        className={cx(
          'sticky top-0 flex h-dvh shrink-0 flex-col border-r border-n5 bg-n2',
          folded ? 'w-14' : 'w-60',
        )}
      >
        <div className={cx('flex h-13 items-center gap-2.5 px-4', folded && 'justify-center px-0')}>
          <Mark />
          {!folded && <span className="flex-1 text-14 font-semibold tracking-tight">Runlayer</span>}
        </div>
        <div className="px-3 pb-3">
          <button
            type="button"
            onClick={() => setPalette(true)}
            aria-label="Open the command palette"
            className="flex h-8 w-full items-center gap-2 rounded border border-n6 bg-raised px-2 text-13 text-n10 transition-colors duration-120 hover:border-n8"
          >
            <Command className="size-3.5 shrink-0" aria-hidden="true" />
            {!folded && <span className="flex-1 text-left">Go to or search</span>}
            {!folded && <Kbd>{isApple() ? '⌘K' : 'Ctrl K'}</Kbd>}
          </button>
        </div>
        <nav aria-label="Main" className="flex-1 overflow-y-auto px-3">
          <Places folded={folded} me={me} />
        </nav>
        <div className={cx('flex items-center gap-1 border-t border-n5 p-3', folded && 'flex-col')}>
          <AccountMenu me={me} folded={folded} />
          <IconButton label="Keyboard shortcuts" onClick={() => setHelp(true)}>
            <Keyboard />
          </IconButton>
          <IconButton
            label={folded ? 'Unfold the sidebar' : 'Fold the sidebar'}
            aria-expanded={!folded}
            onClick={() => setFolded(!folded)}
          >
            <PanelLeft />
          </IconButton>
        </div>
      </aside>
      <main id="main" tabIndex={-1} className="min-w-0 flex-1 outline-none">
        <div className="mx-auto grid max-w-[1200px] content-start gap-6 px-8 py-7 max-md:px-4">
          <Outlet />
        </div>
      </main>
      <Suspense>
        {palette && <Palette onClose={() => setPalette(false)} me={me} />}
        {help && <ShortcutHelp onClose={() => setHelp(false)} />}
      </Suspense>
      <Toaster position="bottom-right" theme="system" style={toastColours} />
    </div>
  )
}
