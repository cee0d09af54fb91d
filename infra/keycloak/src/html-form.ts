/** A form of a page: where it goes, what its fields hold, and which buttons with a name it has. */
export interface HtmlForm {
  action: string;
  fields: Record<string, string>;
  buttons: string[];
}

/**
 * The forms of a page that a sign-in server wrote, in order. It reads attributes in quotes, which is how such pages are
 * written, and is no parser of any other HTML. `url` is the page's own.
 */
export function formsIn(page: string, url: string): HtmlForm[] {
  return [...page.matchAll(/<form\b([^>]*)>([\s\S]*?)<\/form>/gi)].map(([, attributes = '', content = '']) => ({
    action: new URL(attribute(attributes, 'action') ?? '', url).href,
    fields: Object.fromEntries(
      controls(content)
        .filter(({ isButton }) => !isButton)
        .map(({ name, value }) => [name, value]),
    ),
    buttons: controls(content)
      .filter(({ isButton }) => isButton)
      .map(({ name }) => name),
  }));
}

function controls(content: string) {
  return [...content.matchAll(/<(input|button)\b([^>]*)>/gi)].flatMap(([, tag, attributes = '']) => {
    const name = attribute(attributes, 'name');
    const isButton = tag === 'button' || /^(submit|button|image|reset)$/.test(attribute(attributes, 'type') ?? '');
    return name ? [{ name, value: attribute(attributes, 'value') ?? '', isButton }] : [];
  });
}

/** What a page says, without its markup: for messages about pages that were not expected. */
export const textOf = (page: string) =>
  unescape(page.replace(/<(style|script|head)\b[\s\S]*?<\/\1>/gi, ' ').replace(/<[^>]*>/g, ' '))
    .replace(/\s+/g, ' ')
    .trim();

function attribute(tag: string, name: string): string | undefined {
  const [, value] = new RegExp(`(?:^|\\s)${name}\\s*=\\s*"([^"]*)"`, 'i').exec(tag) ?? [];
  return value === undefined ? undefined : unescape(value);
}

const ENTITIES: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'", nbsp: ' ' };

const unescape = (text: string) =>
  text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|([a-z]+));/gi, (whole, hex?: string, decimal?: string, name?: string) => {
    if (hex) return String.fromCodePoint(parseInt(hex, 16));
    if (decimal) return String.fromCodePoint(Number(decimal));
    return ENTITIES[name?.toLowerCase() ?? ''] ?? whole;
  });
