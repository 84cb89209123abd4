// Runs before the first paint, so that a chosen theme never flashes. A file of its own because the page's
// content security policy allows no inline script.
try {
  const theme = localStorage.getItem('runlayer.theme')
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme
} catch {
  // Storage is refused in some private windows; the system's theme holds then.
}
