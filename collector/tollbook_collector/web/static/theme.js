// Light, dark or as the system has it: kept in this browser only. Runs before the page is drawn.
(() => {
  const NAMES = ["auto", "light", "dark"];
  const kept = () => {
    try { return localStorage.getItem("tollbook-theme") ?? "auto"; } catch { return "auto"; }
  };
  const show = (name) => {
    if (name === "auto") delete document.documentElement.dataset.theme;
    else document.documentElement.dataset.theme = name;
  };
  show(kept());
  document.addEventListener("DOMContentLoaded", () => {
    const button = document.querySelector("[data-theme-toggle]");
    if (!button) return;
    const say = () => { button.textContent = `Theme: ${kept()}`; };
    button.hidden = false;
    say();
    button.addEventListener("click", () => {
      const next = NAMES[(NAMES.indexOf(kept()) + 1) % NAMES.length];
      try { localStorage.setItem("tollbook-theme", next); } catch { /* then it lasts for this page */ }
      show(next);
      say();
      document.dispatchEvent(new Event("themechange"));
    });
  });
})();
