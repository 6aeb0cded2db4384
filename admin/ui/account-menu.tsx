import { session, signOut } from '../data/session.ts';
import { type Theme, theme, themes } from '../data/theme.ts';
import { shell } from '../texts/shell.ts';
import { hotkeys } from './hotkeys.ts';
import type { IconName } from './icon.tsx';
import { type MenuItem, useMenu } from './menu.tsx';
import { toastProblem } from './toast.tsx';

const themeIcons: Record<Theme, IconName> = { system: 'system', light: 'sun', dark: 'moon' };

/** Who one is, what one may, light or dark, and the way out. */
export function AccountMenu() {
  const menu = useMenu();
  const now = session.value;
  if (!now) return null;
  const items: MenuItem[] = themes.map((name) => ({
    label: shell.themes[name],
    icon: themeIcons[name],
    checked: theme.value === name,
    run: () => {
      theme.value = name;
    },
  }));
  items.push({
    label: shell.keysShow,
    icon: 'keyboard',
    hint: '?',
    apart: true,
    run: () =>
      hotkeys
        .peek()
        .find((key) => key.keys === '?')
        ?.run(),
  });
  if (now.signedInBy === 'token') {
    items.push({ label: shell.signOut, icon: 'out', run: () => void signOut().catch(toastProblem) });
  }
  return (
    <div class="account">
      <button
        type="button"
        class="account-button"
        aria-haspopup="menu"
        aria-expanded={menu.open}
        title={shell.version(now.version, now.catalog)}
        onClick={(event) => menu.openUnder(event.currentTarget, shell.account, items)}
      >
        <span class="avatar" aria-hidden="true">
          {[...now.user.name][0]?.toUpperCase()}
        </span>
        <span class="account-words">
          <bdi>{now.user.name}</bdi>
          <small>{shell.roles[now.user.role]}</small>
        </span>
      </button>
      {menu.popup}
    </div>
  );
}
