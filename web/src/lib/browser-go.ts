/** Leaves the console for an address of the server, which sends the browser on. */
export function leaveFor(url: string): void {
  window.location.replace(url)
}
