import { useState } from 'react'

export type Theme = 'system' | 'light' | 'dark'

export function useTheme(): [Theme, (theme: Theme) => void] {
  const [theme, setTheme] = useState<Theme>(() => {
    const stored = document.documentElement.dataset['theme']
    return stored === 'light' || stored === 'dark' ? stored : 'system'
  })
  return [
    theme,
    (next) => {
      if (next === 'system') {
        delete document.documentElement.dataset['theme']
        localStorage.removeItem('runlayer.theme')
      } else {
        document.documentElement.dataset['theme'] = next
        localStorage.setItem('runlayer.theme', next)
      }
      setTheme(next)
    },
  ]
}
