import tailwind from '@tailwindcss/vite'
import react from '@vitejs/plugin-react'
import { defineConfig } from 'vite'

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), tailwind()],
  // Fonts stay files: the content security policy of the console allows no data: fonts.
  build: { outDir: 'dist', emptyOutDir: true, sourcemap: false, assetsInlineLimit: 0, target: 'es2023' },
  server: {
    port: 5173,
    proxy: { '/api': { target: 'http://localhost:3000' }, '/mcp': { target: 'http://localhost:3000' } },
  },
})
