/** Pages that stand alone, without the shell around them: signing in, and what a client sends its person to. */
import { createRootRoute, createRoute, lazyRouteComponent, redirect } from '@tanstack/react-router'
import { cache } from './api/client.ts'
import { isStatus } from './api/errors.ts'
import * as queries from './api/queries.ts'
import { pick } from './search-params.ts'

export const root = createRootRoute()

export const signIn = createRoute({
  getParentRoute: () => root,
  path: '/sign-in',
  validateSearch: pick('token', 'next'),
  component: lazyRouteComponent(() => import('./pages/sign-in.tsx'), 'SignInPage'),
})

/** Where an identity provider sends a person back to, signed in or not yet. */
export const signInCallback = createRoute({
  getParentRoute: () => root,
  path: '/sign-in/callback',
  validateSearch: pick('state', 'code', 'iss', 'error', 'error_description'),
  component: lazyRouteComponent(() => import('./pages/sign-in-callback.tsx'), 'SignInCallbackPage'),
})

/** Sends whoever has no session to sign in and back here. */
export async function signedIn(location: { pathname: string; href: string }): Promise<void> {
  try {
    await cache.ensureQueryData(queries.me())
  } catch (error) {
    if (isStatus(error, 401))
      throw redirect({ to: '/sign-in', search: location.pathname === '/' ? {} : { next: location.href } })
    throw error
  }
}

/** Where a client sends its person: a page of its own, for somebody signed in. */
export const connect = createRoute({
  getParentRoute: () => root,
  path: '/connect/$id',
  beforeLoad: ({ location }) => signedIn(location),
  component: lazyRouteComponent(() => import('./pages/connect.tsx'), 'ConnectPage'),
})

export const device = createRoute({
  getParentRoute: () => root,
  path: '/device',
  validateSearch: (search: Record<string, unknown>): { user_code?: string | undefined } =>
    pick('user_code')(search),
  beforeLoad: ({ location }) => signedIn(location),
  component: lazyRouteComponent(() => import('./pages/device.tsx'), 'DevicePage'),
})
