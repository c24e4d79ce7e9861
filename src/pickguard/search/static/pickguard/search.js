// <pickguard-search src="/complete/"> around an <input>: completion, highlighting and errors.
//
// One file, no build step, no inline style or script: it works under
// `default-src 'self'; style-src 'self'; script-src 'self'`. Without it the input still searches.
// The input is an ARIA 1.2 combobox with a listbox popup: arrow keys, Enter or Tab, Escape.

const STYLE = `
pickguard-search { display: inline-block; position: relative; vertical-align: top; width: min(100%, 36em); }
pickguard-search > input { position: relative; background: transparent; box-sizing: border-box; width: 100%; }
pickguard-search.pg-ready > input { color: transparent !important; caret-color: var(--body-fg, CanvasText); }
pickguard-search.pg-ready > input::selection { color: transparent; background: #9cc4ff88; }
.pg-paint { position: absolute; overflow: hidden; pointer-events: none; white-space: pre; color: var(--body-fg, CanvasText); }
.pg-paint > span { display: inline-block; white-space: pre; }
.pg-text { color: #0a6b2f; color: light-dark(#0a6b2f, #7fd69b); }
.pg-number { color: #8a3b00; color: light-dark(#8a3b00, #ffb37a); }
.pg-word { color: #6a1b9a; color: light-dark(#6a1b9a, #d7a6f0); font-weight: inherit; }
.pg-sign { color: #0b5394; color: light-dark(#0b5394, #8fc1ff); }
.pg-wrong { background: #c0000026; text-decoration: underline wavy #c00 1.5px; text-underline-offset: 1px; text-decoration-skip-ink: none; }
pickguard-search > .pg-list { position: absolute; z-index: 100; top: 100%; left: 0; min-width: 16em; max-height: 16em;
  overflow: auto; margin: 2px 0 0; padding: 0; list-style: none; text-align: left;
  background: var(--body-bg, Canvas); color: var(--body-fg, CanvasText);
  border: 1px solid var(--border-color, #bbb); border-radius: 4px; box-shadow: 0 2px 8px #0003; }
pickguard-search > .pg-list[hidden] { display: none; }
pickguard-search > .pg-list > li { padding: 4px 8px; cursor: pointer; display: flex; gap: 1.5em; justify-content: space-between; }
pickguard-search > .pg-list > li[aria-selected="true"] { background: #0b5394; color: #fff; }
.pg-list small { opacity: .75; }
.pg-errors { text-align: left; color: #a40000; color: light-dark(#a40000, #ff9c9c); } .pg-errors:empty { display: none; }
.pg-errors p { margin: 4px 0 0; } .pg-errors button { margin-left: .5em; font: inherit; cursor: pointer; }`;

const TOKEN = /("[^"\\]*(?:\\.[^"\\]*)*"?|'[^'\\]*(?:\\.[^'\\]*)*'?)|(\d[\w.:\/-]*)|([^\W\d][\w.]*)|([=!<>~^$]+)|(\s+|[^])/gu;
const WORDS = /^(and|or|not|in|is|null|empty|true|false|any|all|none|count|order|by|limit|asc|desc)$/i;
const DELAY = 120;
let number = 0;

class PickguardSearch extends HTMLElement {
  connectedCallback() {
    this.input = this.querySelector("input");
    if (!this.input || this.list) return;
    this.suggestions = [];
    this.errors = [];
    this.active = -1;
    this.build();
    this.listen();
    this.paint();
    if (this.input.value) this.ask(false);
  }

  build() {
    const id = `pg-list-${++number}`;
    this.list = this.append_("ul", "pg-list", { id, role: "listbox", "aria-label": this.dataset.label || "Suggestions" });
    this.list.hidden = true;
    this.board = this.append_("div", "pg-errors", { role: "status", "aria-live": "polite", id: `${id}-errors` });
    this.layer = document.createElement("div");
    this.layer.className = "pg-paint";
    this.layer.setAttribute("aria-hidden", "true");
    this.insertBefore(this.layer, this.input);
    const settings = { role: "combobox", "aria-autocomplete": "list", "aria-expanded": "false", "aria-controls": id, "aria-haspopup": "listbox", autocomplete: "off" };
    for (const [name, value] of Object.entries(settings)) this.input.setAttribute(name, value);
    const described = this.input.getAttribute("aria-describedby");
    this.input.setAttribute("aria-describedby", [described, this.board.id].filter(Boolean).join(" "));
    // what the server said about the text that it was sent
    this.told = (described ?? "").split(" ").map((name) => document.getElementById(name)).filter((list) => list?.matches(".errorlist"));
    this.classList.add("pg-ready");
  }

  append_(tag, name, attributes) {
    const made = document.createElement(tag);
    made.className = name;
    for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
    return this.appendChild(made);
  }

  listen() {
    const input = this.input;
    input.addEventListener("input", () => { this.list.setAttribute("aria-busy", "true"); this.errors = []; this.showErrors(); this.paint(); this.later(); });
    input.addEventListener("keydown", (event) => this.key(event));
    input.addEventListener("scroll", () => this.scroll());
    input.addEventListener("keyup", () => this.scroll());
    input.addEventListener("blur", () => this.close());
    this.list.addEventListener("mousedown", (event) => {
      event.preventDefault();
      const item = event.target.closest("li");
      if (item && this.list.getAttribute("aria-busy") !== "true") this.take(Number(item.dataset.index));
    });
    new ResizeObserver(() => this.paint()).observe(input);
  }

  key(event) {
    // suggestions for an earlier text are shown until the next come, but can't be taken
    const open = !this.list.hidden && this.list.getAttribute("aria-busy") !== "true";
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (!open) return this.ask(true);
      const step = event.key === "ArrowDown" ? 1 : -1;
      const count = this.suggestions.length;
      this.choose((this.active + step + count + (this.active < 0 && step < 0 ? 1 : 0)) % count);
    } else if ((event.key === "Enter" || event.key === "Tab") && open && this.active >= 0) {
      event.preventDefault();
      this.take(this.active);
    } else if (event.key === "Escape") {
      event.preventDefault(); // a browser would empty the box
      this.close();
    } else if (event.key === " " && event.ctrlKey) {
      event.preventDefault();
      this.ask(true);
    }
  }

  later() {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.ask(true), DELAY);
  }

  async ask(show) {
    clearTimeout(this.timer);
    this.request?.abort();
    this.request = new AbortController();
    const text = this.input.value;
    const cursor = [...text.slice(0, this.input.selectionStart ?? text.length)].length;
    const address = new URL(this.getAttribute("src"), document.baseURI);
    address.searchParams.set("q", text);
    address.searchParams.set("cursor", cursor);
    let answer;
    try {
      const response = await fetch(address, { signal: this.request.signal, credentials: "same-origin", headers: { Accept: "application/json" } });
      if (!response.ok) return;
      answer = await response.json();
    } catch { return; }
    if (text !== this.input.value) return;
    this.suggestions = show ? answer.suggestions : [];
    this.errors = answer.errors.filter((error) => !show || error.code !== "unfinished" && error.end < [...text].length);
    this.showList();
    this.showErrors();
    this.paint();
    for (const list of this.told) list.hidden = true; // it is now said here
  }

  showList() {
    this.active = -1;
    this.list.setAttribute("aria-busy", "false");
    this.input.removeAttribute("aria-activedescendant");
    this.list.replaceChildren(...this.suggestions.map((suggestion, index) => {
      const item = document.createElement("li");
      item.id = `${this.list.id}-${index}`;
      item.dataset.index = index;
      item.setAttribute("role", "option");
      item.setAttribute("aria-selected", "false");
      const text = document.createElement("span");
      text.textContent = suggestion.text;
      const label = document.createElement("small");
      label.textContent = suggestion.label;
      item.append(text, label);
      return item;
    }));
    const open = this.suggestions.length > 0 && document.activeElement === this.input;
    this.list.hidden = !open;
    this.input.setAttribute("aria-expanded", String(open));
  }

  choose(index) {
    this.list.children[this.active]?.setAttribute("aria-selected", "false");
    this.active = index;
    const item = this.list.children[index];
    item.setAttribute("aria-selected", "true");
    item.scrollIntoView({ block: "nearest" });
    this.input.setAttribute("aria-activedescendant", item.id);
  }

  take(index) {
    const { text, start, end } = this.suggestions[index];
    this.replace(text + (text.endsWith(".") || text.endsWith("(") ? "" : " "), start, end);
    this.ask(true);
  }

  replace(text, start, end) {
    const letters = [...this.input.value];
    const before = letters.slice(0, start).join("");
    const after = letters.slice(end).join("");
    this.input.value = before + text + (text.endsWith(" ") ? after.replace(/^ /u, "") : after);
    this.input.setSelectionRange((before + text).length, (before + text).length);
    this.input.focus();
    this.paint();
  }

  close() {
    clearTimeout(this.timer);
    this.request?.abort();
    this.suggestions = [];
    this.showList();
  }

  showErrors() {
    this.board.replaceChildren(...this.errors.map((error) => {
      const line = document.createElement("p");
      line.textContent = `${error.message} ${error.hint}`.trim();
      for (const fix of error.fixes.slice(0, 3)) {
        const button = document.createElement("button");
        button.type = "button";
        button.textContent = `${this.dataset.fix || "Change to"} ${fix.text}`;
        button.addEventListener("click", () => { this.replace(fix.text, fix.start, fix.end); this.ask(false); });
        line.append(button);
      }
      return line;
    }));
    if (this.errors.length) this.input.setAttribute("aria-invalid", "true");
    else this.input.removeAttribute("aria-invalid");
  }

  paint() {
    const box = this.input;
    const style = getComputedStyle(box);
    const layer = this.layer.style;
    for (const name of ["fontFamily", "fontSize", "fontWeight", "letterSpacing", "lineHeight", "textAlign"]) layer[name] = style[name];
    layer.left = `${box.offsetLeft + parseFloat(style.borderLeftWidth) + parseFloat(style.paddingLeft)}px`;
    layer.top = `${box.offsetTop}px`;
    layer.width = `${box.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight)}px`;
    layer.height = `${box.offsetHeight}px`;
    layer.lineHeight = `${box.offsetHeight}px`;
    const line = document.createElement("span");
    let at = 0;
    for (const [all, text, figure, word, sign] of this.input.value.matchAll(TOKEN)) {
      const piece = document.createElement("span");
      piece.textContent = all;
      piece.className = text ? "pg-text" : figure ? "pg-number" : word && WORDS.test(word) ? "pg-word" : sign ? "pg-sign" : "";
      const length = [...all].length;
      if (all.trim() && this.errors.some((error) => error.start < at + length && at < Math.max(error.end, error.start + 1))) piece.classList.add("pg-wrong");
      at += length;
      line.append(piece);
    }
    this.layer.replaceChildren(line);
    this.scroll();
  }

  scroll() {
    if (this.layer.firstChild) this.layer.firstChild.style.transform = `translateX(${-this.input.scrollLeft}px)`;
  }
}

if (!customElements.get("pickguard-search")) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(STYLE);
  document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  customElements.define("pickguard-search", PickguardSearch);
}
