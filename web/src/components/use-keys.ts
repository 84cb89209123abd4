import { useEffect, useSyncExternalStore } from 'react'

const setting = 'runlayer.singleKeys'
const changed = 'runlayer:singleKeys'

/** Single-key shortcuts can be turned off (WCAG 2.1.4): speech input would trigger them by accident. */
export function useSingleKeys(): [boolean, (on: boolean) => void] {
  const on = useSyncExternalStore(
    (listener) => {
      window.addEventListener(changed, listener)
      return () => window.removeEventListener(changed, listener)
    },
    () => localStorage.getItem(setting) !== 'off',
  )
  return [
    on,
    (next) => {
      localStorage.setItem(setting, next ? 'on' : 'off')
      window.dispatchEvent(new Event(changed))
    },
  ]
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement &&
    (target.isContentEditable || ['INPUT', 'TEXTAREA', 'SELECT'].includes(target.tagName))
  )
}

function stepRow(step: 1 | -1): void {
  const links = [...document.querySelectorAll<HTMLElement>('main [data-row]')]
  const here = document.activeElement
  const at = here instanceof HTMLElement ? links.indexOf(here) : -1
  const next =
    at === -1
      ? step === 1
        ? links[0]
        : links.at(-1)
      : links[Math.min(links.length - 1, Math.max(0, at + step))]
  next?.focus()
}

/** j and k walk through the rows of the page, / goes to its search, ? shows the shortcuts. */
export function useListKeys(showHelp: () => void): void {
  const [on] = useSingleKeys()
  useEffect(() => {
    if (!on) return
    const actions: Record<string, () => void> = {
      j: () => stepRow(1),
      k: () => stepRow(-1),
      '/': () => document.querySelector<HTMLElement>('main input[type="search"]')?.focus(),
      '?': showHelp,
    }
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (document.querySelector('[role="dialog"], [role="alertdialog"]') !== null) return
      const action = actions[event.key]
      if (action === undefined) return
      event.preventDefault()
      action()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [on, showHelp])
}
