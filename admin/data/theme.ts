import { effect, signal } from '@preact/signals';

export type Theme = 'system' | 'light' | 'dark';
export const themes: readonly Theme[] = ['system', 'light', 'dark'];

const key = 'rowhook-theme';

/** Light or dark, as the user chose; remembered in this browser. */
export const theme = signal<Theme>(remembered());

effect(() => {
  const root = document.documentElement;
  if (theme.value === 'system') delete root.dataset.theme;
  else root.dataset.theme = theme.value;
  try {
    localStorage.setItem(key, theme.value);
  } catch {
    // A browser that keeps nothing: the choice lasts as long as the page.
  }
});

function remembered(): Theme {
  try {
    const found = localStorage.getItem(key);
    return themes.find((name) => name === found) ?? 'system';
  } catch {
    return 'system';
  }
}
