/** Building and reconciling DOM nodes. All text goes in as text nodes: nothing here parses HTML. */

/**
 * Builds one element.
 * @param {string} tag
 * @param {Record<string, unknown>|null} [props] see `set`
 * @param {...(Node|string|null|undefined|false|Array)} children null, undefined and false are left out
 * @returns {HTMLElement}
 */
export function el(tag, props, ...children) {
  const node = document.createElement(tag);
  set(node, props ?? {});
  node.append(...children.flat().filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

/**
 * Sets attributes. `on…` names are listeners, `--…` names CSS variables; null, undefined and false take away.
 * @param {Element} node
 * @param {Record<string, unknown>} props
 */
export function set(node, props) {
  for (const [name, value] of Object.entries(props)) {
    if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (name.startsWith("--")) node.style.setProperty(name, value);
    else if (value === null || value === undefined || value === false) node.removeAttribute(name);
    else {
      const text = value === true ? "" : String(value);
      if (node.getAttribute(name) !== text) node.setAttribute(name, text);
    }
  }
}

/**
 * Sets a node's text, touching the document only when it differs.
 * @param {Node} node
 * @param {string} text
 */
export function say(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

/**
 * A drawing of index.html's symbol table.
 * @param {string} symbol the symbol's id
 */
export function drawing(symbol) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const use = document.createElementNS("http://www.w3.org/2000/svg", "use");
  use.setAttribute("href", `#${symbol}`);
  svg.setAttribute("aria-hidden", "true");
  svg.append(use);
  return svg;
}

const keys = new WeakMap();

/**
 * Makes `parent`'s children stand for `items`. A child whose key is still there is kept, not rebuilt and, if its place
 * is right, not moved: so focus, scroll positions and running transitions outlive an update.
 * @template T
 * @param {Element} parent holds nothing but reconciled children
 * @param {T[]} items
 * @param {{key: (item: T) => string, create: (item: T) => Element, update?: (node: Element, item: T) => void}} how
 */
export function reconcile(parent, items, { key, create, update }) {
  const spare = new Map([...parent.children].map((child) => [keys.get(child), child]));
  const taken = new Set();
  const nodes = items.map((item) => {
    let name = key(item);
    while (taken.has(name)) name += "+";
    taken.add(name);
    const node = spare.get(name) ?? create(item);
    spare.delete(name);
    keys.set(node, name);
    update?.(node, item);
    return node;
  });
  for (const gone of spare.values()) gone.remove();
  let place = parent.firstChild;
  for (const node of nodes) {
    if (node === place) place = place.nextSibling;
    else parent.insertBefore(node, place);
  }
}

const drawn = new WeakMap();

/**
 * Whether `value` differs from what `changed` was last told about `node`.
 * @param {Element} node
 * @param {unknown} value anything JSON can hold
 */
export function changed(node, value) {
  const text = JSON.stringify(value);
  if (drawn.get(node) === text) return false;
  drawn.set(node, text);
  return true;
}
